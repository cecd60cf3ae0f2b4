"""Failures counted against a key (an account, an address), shared by all processes."""

from dataclasses import dataclass

import sqlalchemy as sa

from provider.store.schema import throttle as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore


@dataclass(frozen=True)
class Throttle:
    """How often something failed, and until when (seconds since the epoch) it must wait."""

    failures: int
    blocked_until: int


def find(tx: Transaction, digest: bytes, now: int) -> Throttle:
    """Return the state of a key; failures that have expired do not count."""
    row = tx.execute(
        sa.select(table).where(table.c.digest == digest, table.c.expires_at > now)
    ).first()
    return Throttle(row.failures, row.blocked_until) if row else Throttle(0, 0)


def count_failure(tx: Transaction, digest: bytes, *, now: int, expires_at: int) -> int:
    """Count one more failure. Return how many there are now."""
    first = {"digest": digest, "failures": 1, "blocked_until": 0, "expires_at": expires_at}
    one_more = (
        table.update()
        .where(table.c.digest == digest)
        .values(
            failures=sa.case((table.c.expires_at > now, table.c.failures + 1), else_=1),
            expires_at=expires_at,
        )
        .returning(table.c.failures)
    )
    while not insert_or_ignore(tx, table, first):
        if (row := tx.execute(one_more).first()) is not None:
            return int(row.failures)
    return 1


def block(tx: Transaction, digest: bytes, until: int) -> None:
    """Make a key wait."""
    tx.execute(table.update().where(table.c.digest == digest).values(blocked_until=until))


def clear(tx: Transaction, digest: bytes) -> None:
    """Forget the failures of a key."""
    tx.execute(table.delete().where(table.c.digest == digest))
