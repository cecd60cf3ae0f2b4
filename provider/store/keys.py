"""Keys of ours, sealed, with the times that decide their state (OpenID Connect Core
§10.1.1). States are not stored: they follow from the times, so that every process sees
a rotation at the same second without anybody writing it down. Called by
`keys.keyring`; of two processes that add the same ordinal one succeeds."""

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from provider.store.schema import key as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore


@dataclass(frozen=True, kw_only=True)
class StoredKey:
    """One key as it is kept. Times are seconds since the epoch.

    `ordinal` counts the keys of one purpose and algorithm. `public` is the public JWK,
    for people and scripts; None for a symmetric key.
    """

    kid: str
    purpose: str
    alg: str
    ordinal: int
    sealed: bytes
    public: dict[str, Any] | None
    created_at: int
    activates_at: int
    retires_at: int | None = None
    expires_at: int | None = None


Times = tuple[tuple[Any, ...], ...]


def all_keys(tx: Transaction) -> list[StoredKey]:
    """Return every key in a stable order: by purpose, algorithm, ordinal."""
    order = (table.c.purpose, table.c.alg, table.c.ordinal)
    rows = tx.execute(sa.select(table).order_by(*order)).mappings()
    return [StoredKey(**row) for row in rows]


def times(tx: Transaction) -> Times:
    """Return which keys there are and their times, without the keys: what a process
    compares to learn whether something changed."""
    columns = (table.c.kid, table.c.activates_at, table.c.retires_at, table.c.expires_at)
    return tuple(tuple(row) for row in tx.execute(sa.select(*columns).order_by(table.c.kid)))


def add(tx: Transaction, key: StoredKey) -> bool:
    """Add a key unless its ordinal or kid is taken. Return whether it was added."""
    return insert_or_ignore(tx, table, asdict(key))


def retire(tx: Transaction, kid: str, *, retires_at: int, expires_at: int) -> bool:
    """End a key at these times, or at the earlier ones it already has. Return whether
    there is such a key."""
    result = tx.execute(
        table.update()
        .where(table.c.kid == kid)
        .values(
            retires_at=sa.case(
                (table.c.retires_at < retires_at, table.c.retires_at), else_=retires_at
            ),
            expires_at=sa.case(
                (table.c.expires_at < expires_at, table.c.expires_at), else_=expires_at
            ),
        )
    )
    return result.rowcount == 1


def purge(tx: Transaction, now: int) -> int:
    """Remove the keys that have expired. Return how many went."""
    return tx.execute(table.delete().where(table.c.expires_at <= now)).rowcount
