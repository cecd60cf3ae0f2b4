"""Failures counted against a key (an account in a network, an address), shared by all processes.
An attempt is counted by one statement that also decides whether it may be made, so that attempts
at the same moment can not pass together; a success takes it back. A state that lies further ahead
than it could (the clock was set back) does not count."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from provider.store.schema import throttle as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore, inserting


@dataclass(frozen=True)
class Throttle:
    """How often something failed, and until when (seconds since the epoch) it must wait."""

    failures: int
    blocked_until: int


@dataclass(frozen=True)
class Pace:
    """How a wait grows: from `failures` on, `seconds`, in ascending order; and how many seconds
    after the last failure all are forgotten."""

    waits: tuple[tuple[int, int], ...]
    forget_after: int

    @property
    def longest(self) -> int:
        """The longest wait in seconds."""
        return self.waits[-1][1] if self.waits else 0


def find(tx: Transaction, digest: bytes, now: int) -> Throttle:
    """Return the state of a key; failures that have expired do not count."""
    row = tx.execute(
        sa.select(table).where(table.c.digest == digest, table.c.expires_at > now)
    ).first()
    return Throttle(row.failures, row.blocked_until) if row else Throttle(0, 0)


def take(
    tx: Transaction, digest: bytes, pace: Pace, now: int, *, is_held: bool = True
) -> int | None:
    """Count one more attempt and let the next one wait. Return how many there are now, or None
    where this one has to wait, which then does not count.

    `is_held`: whether waits count for this attempt and begin with it; else it is only counted.
    """
    began = sa.or_(table.c.expires_at <= now, table.c.expires_at > now + pace.forget_after)
    failures = sa.case((began, 1), else_=table.c.failures + 1)
    changes = {"failures": failures, "expires_at": now + pace.forget_after}
    waits = _wait_after(failures, pace) if is_held else None
    if waits is not None:
        changes["blocked_until"] = sa.case((waits > 0, now + waits), else_=0)
    first = next((wait for least, wait in reversed(pace.waits) if least <= 1), 0)
    values = {
        "digest": digest, "failures": 1, "expires_at": now + pace.forget_after,
        "blocked_until": now + first if first and is_held else 0,
    }  # fmt: skip
    is_free = sa.or_(
        began, table.c.blocked_until <= now, table.c.blocked_until > now + pace.longest
    )
    statement = (
        inserting(tx.dialect.name)(table)
        .values(**values)
        .on_conflict_do_update(
            index_elements=[table.c.digest], set_=changes, where=is_free if is_held else None
        )
        .returning(table.c.failures)
    )
    row = tx.execute(statement).first()
    return None if row is None else int(row.failures)


def _wait_after(failures: sa.ColumnElement[int], pace: Pace) -> sa.ColumnElement[int]:
    steps = [(failures >= least, wait) for least, wait in reversed(pace.waits)]
    return sa.case(*steps, else_=0)


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


def clear(tx: Transaction, *digests: bytes) -> None:
    """Forget the failures of keys. They are locked in their order, so that nobody who counts in
    that order waits for who waits for them."""
    held: sa.CTE = (
        sa.select(table.c.digest)
        .where(table.c.digest.in_(_all(digests)))
        .order_by(table.c.digest)
        .with_for_update()
        .cte("held")
    )
    tx.execute(table.delete().where(table.c.digest.in_(sa.select(held))))


def _all(digests: Sequence[bytes]) -> list[bytes]:
    return sorted(set(digests))
