"""What `signet check` asks the database about time, to find a clock that is wrong."""

import sqlalchemy as sa

from provider.store import schema
from provider.store.unit_of_work import Transaction

_WRITTEN = (
    schema.event.c.at,
    schema.key.c.created_at,
    schema.session.c.last_seen_at,
    schema.authorization.c.created_at,
)


def database_time(tx: Transaction) -> int:
    """Return the clock of the machine the database runs on, in seconds since the epoch."""
    if tx.dialect.name == "sqlite":
        found = tx.scalar(sa.select(sa.func.strftime("%s", "now")))
    else:
        found = tx.scalar(sa.select(sa.extract("epoch", sa.func.clock_timestamp())))
    return int(found or 0)


def newest_record(tx: Transaction) -> int | None:
    """Return when the newest record was written, by the clock of whoever wrote it."""
    newest = [tx.scalar(sa.select(sa.func.max(column))) for column in _WRITTEN]
    return max((moment for moment in newest if moment is not None), default=None)
