"""Authorization codes: columns of the authorization they stand for."""

import sqlalchemy as sa

from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.store import grounds
from provider.store.authorizations import read
from provider.store.compiled import Compiled
from provider.store.schema import Seconds
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction

_NOW = sa.bindparam("now", type_=Seconds)
_IDLE_UNTIL = sa.bindparam("idle_until", type_=Seconds)
_ABSOLUTE = table.c.absolute_expires_at
_BEGINS = _ABSOLUTE.is_not(None)
_REDEEM = Compiled(
    table.update()
    .where(
        table.c.code_digest == sa.bindparam("presented"),
        table.c.client_id == sa.bindparam("of_client"),
        table.c.code_redeemed_at.is_(None),
        table.c.code_expires_at > _NOW,
        table.c.ended_at.is_(None),
        *grounds.STAND,
    )
    .values(
        code_redeemed_at=_NOW,
        expires_at=sa.func.coalesce(_ABSOLUTE, _NOW) + sa.bindparam("keep_for", type_=Seconds),
        generation=sa.case((_BEGINS, 0)),
        derivation_kid=sa.case((_BEGINS, sa.bindparam("with_kid", type_=sa.Text))),
        idle_expires_at=sa.case((_ABSOLUTE < _IDLE_UNTIL, _ABSOLUTE), (_BEGINS, _IDLE_UNTIL)),
    )
    .returning(table)
)
_FIND = Compiled(sa.select(table).where(table.c.code_digest == sa.bindparam("digest")))


def redeem(
    tx: Transaction,
    code_digest: bytes,
    client: Client,
    *,
    now: int,
    keep_for: int,
    derivation_kid: str,
    idle_lifetime: int,
) -> Authorization | None:
    """Redeem a code and begin its refresh token family, if it may have one.

    One caller wins, ever. The row is kept `keep_for` seconds past the end of all that
    descends from it. Returns None where there is no such live code of this client, where
    it was redeemed, or where it does not stand (`grounds`).
    """
    values = {
        "presented": code_digest,
        "of_client": client.client_id,
        "with_kid": derivation_kid,
        "now": now,
        **grounds.as_read(client),
        "keep_for": keep_for,
        "idle_until": now + idle_lifetime,
    }
    row = _REDEEM.first(tx, values)
    return read(row) if row else None


def find(tx: Transaction, code_digest: bytes) -> Authorization | None:
    """Return the authorization a code stands for, whatever its state."""
    row = _FIND.first(tx, {"digest": code_digest})
    return read(row) if row else None
