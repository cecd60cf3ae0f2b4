"""The outbox of back-channel logout: what is still to be told to clients. A row is written in
the transaction that ends the session. Whoever sends it claims it by one conditional statement
that puts the next attempt off; if that process dies, the row is due again after the lease."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from provider.store.schema import logout_delivery as table
from provider.store.unit_of_work import Transaction


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One client to tell of one ended session. Times are in seconds since the epoch.

    `next_attempt_at` is None once it is delivered or given up.
    """

    id: str
    client_id: str
    subject: str
    sid: str
    reason: str
    created_at: int
    attempts: int = 0
    next_attempt_at: int | None
    delivered_at: int | None = None
    last_problem: str | None = None
    expires_at: int


def add(tx: Transaction, delivery: Delivery) -> None:
    """Put one into the outbox."""
    tx.execute(table.insert().values(**vars(delivery)))


def is_any_due(tx: Transaction, now: int) -> bool:
    """Return whether there is one to claim."""
    query = sa.select(table.c.id).where(table.c.next_attempt_at <= now).limit(1)
    return tx.execute(query).first() is not None


def count_pending(tx: Transaction, *, limit: int) -> int:
    """Return how many are still to be delivered, counting no further than `limit`."""
    pending = sa.select(table.c.id).where(table.c.next_attempt_at.is_not(None)).limit(limit)
    return tx.scalar(sa.select(sa.func.count()).select_from(pending.subquery())) or 0


def claim(tx: Transaction, *, now: int, lease: int, limit: int) -> list[Delivery]:
    """Take up to `limit` that are due, for `lease` seconds. Nobody else gets them meanwhile."""
    due = (
        sa.select(table.c.id)
        .where(table.c.next_attempt_at <= now)
        .order_by(table.c.next_attempt_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claiming = (
        table.update()
        .where(table.c.id.in_(sa.select(due.c.id)), table.c.next_attempt_at <= now)
        .values(next_attempt_at=now + lease, attempts=table.c.attempts + 1)
        .returning(table)
    )
    return [_delivery(row) for row in tx.execute(claiming)]


def settle_delivered(tx: Transaction, delivery: Delivery, *, now: int) -> None:
    """Note that the client was told."""
    tx.execute(
        table.update()
        .where(table.c.id == delivery.id, table.c.delivered_at.is_(None))
        .values(delivered_at=now, next_attempt_at=None, last_problem=None)
    )


def settle_failed(
    tx: Transaction, delivery: Delivery, *, problem: str, next_attempt_at: int | None
) -> None:
    """Note what went wrong and when to try again, None for never; unless another attempt
    has begun since."""
    tx.execute(
        table.update()
        .where(
            table.c.id == delivery.id,
            table.c.attempts == delivery.attempts,
            table.c.delivered_at.is_(None),
        )
        .values(last_problem=problem, next_attempt_at=next_attempt_at)
    )


def retry(tx: Transaction, client_id: str, now: int) -> int:
    """Make due what a client was not told yet, given up or not. Return how many."""
    result = tx.execute(
        table.update()
        .where(table.c.client_id == client_id, table.c.delivered_at.is_(None))
        .values(next_attempt_at=now)
    )
    return result.rowcount


def all_of(tx: Transaction, client_id: str | None, *, only_pending: bool) -> list[Delivery]:
    """Return what is in the outbox, oldest first."""
    query = sa.select(table).order_by(table.c.created_at, table.c.id)
    if client_id is not None:
        query = query.where(table.c.client_id == client_id)
    if only_pending:
        query = query.where(table.c.next_attempt_at.is_not(None))
    return [_delivery(row) for row in tx.execute(query)]


def _delivery(row: sa.Row[Any]) -> Delivery:
    return Delivery(**row._asdict())
