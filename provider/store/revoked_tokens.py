"""Access tokens revoked one by one, until they would have expired anyway."""

import sqlalchemy as sa

from provider.store.compiled import Compiled
from provider.store.schema import revoked_token as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore

_CONTAINS = Compiled(sa.select(table.c.digest).where(table.c.digest == sa.bindparam("digest")))


def add(tx: Transaction, digest: bytes, expires_at: int) -> None:
    """Remember the digest of a revoked token's `jti`."""
    insert_or_ignore(tx, table, {"digest": digest, "expires_at": expires_at})


def contains(tx: Transaction, digest: bytes) -> bool:
    """Return whether the token was revoked."""
    return _CONTAINS.first(tx, {"digest": digest}) is not None
