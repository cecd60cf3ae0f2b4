"""Identifiers that may be used once (`jti`), until what carried them has expired. Shared
by all processes."""

import sqlalchemy as sa

from provider.store.schema import seen_jti as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore


def use(tx: Transaction, digest: bytes, expires_at: int) -> bool:
    """Remember an identifier. Return whether it is its first use."""
    return insert_or_ignore(tx, table, {"digest": digest, "expires_at": expires_at})


def is_used(tx: Transaction, digest: bytes) -> bool:
    """Return whether an identifier was used before."""
    found = tx.execute(sa.select(table.c.digest).where(table.c.digest == digest))
    return found.first() is not None
