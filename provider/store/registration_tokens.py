"""Initial access tokens (RFC 7591 §3): digests, how often each may still be used, until when."""

from dataclasses import dataclass

import sqlalchemy as sa

from provider.store.schema import registration_token as table
from provider.store.unit_of_work import Transaction


@dataclass(frozen=True, kw_only=True)
class RegistrationToken:
    """What is kept of one. `id` names it to operators; `uses_left` None: without limit."""

    id: str
    digest: bytes
    note: str
    uses_left: int | None
    created_at: int
    expires_at: int


def add(tx: Transaction, token: RegistrationToken) -> None:
    """Remember a new one."""
    tx.execute(table.insert().values(**vars(token)))


def use(tx: Transaction, digest: bytes, now: int) -> bool:
    """Take one use. Return whether there was one: this statement alone decides."""
    one_less = (
        table.update()
        .where(
            table.c.digest == digest,
            table.c.expires_at > now,
            sa.or_(table.c.uses_left.is_(None), table.c.uses_left > 0),
        )
        .values(uses_left=table.c.uses_left - 1)
    )
    return tx.execute(one_less).rowcount == 1


def list_all(tx: Transaction) -> list[RegistrationToken]:
    """Return all that have not been purged, oldest first."""
    rows = tx.execute(sa.select(table).order_by(table.c.created_at, table.c.id))
    return [RegistrationToken(**row._mapping) for row in rows]


def remove(tx: Transaction, token_id: str) -> bool:
    """Revoke one. Return whether it was there."""
    return tx.execute(table.delete().where(table.c.id == token_id)).rowcount == 1
