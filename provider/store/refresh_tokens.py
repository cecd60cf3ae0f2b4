"""Refresh token families: columns of their authorization. One conditional update
decides a rotation, so of any number of presentations exactly one rotates."""

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
_ADVANCE = (
    table.update()
    .where(
        table.c.id == sa.bindparam("authorization_id"),
        table.c.client_id == sa.bindparam("of_client"),
        table.c.generation == sa.bindparam("presented"),
        table.c.ended_at.is_(None),
        table.c.idle_expires_at > _NOW,
        _ABSOLUTE > _NOW,
        *grounds.STAND,
    )
    .values(
        rotated_at=_NOW,
        idle_expires_at=sa.case((_ABSOLUTE < _IDLE_UNTIL, _ABSOLUTE), else_=_IDLE_UNTIL),
    )
    .returning(table)
)
_USE = Compiled(_ADVANCE)
_ROTATE = Compiled(
    _ADVANCE.values(generation=sa.bindparam("next"), derivation_kid=sa.bindparam("with_kid"))
)


def rotate(
    tx: Transaction,
    authorization_id: str,
    client: Client,
    *,
    generation: int,
    derivation_kid: str,
    now: int,
    idle_lifetime: int,
) -> Authorization | None:
    """Move a live family from `generation` to the next one.

    `idle_lifetime` in seconds never carries the family past its absolute expiry. Returns
    the authorization after the rotation, or None where the family is not live, not this
    client's, or not at `generation` any more, or does not stand (`grounds`): the client, for
    one, is not as it was read.
    """
    values = {
        "authorization_id": authorization_id,
        "of_client": client.client_id,
        "presented": generation,
        "next": generation + 1,
        "with_kid": derivation_kid,
        "now": now,
        **grounds.as_read(client),
        "idle_until": now + idle_lifetime,
    }
    row = _ROTATE.first(tx, values)
    return read(row) if row else None


def use(
    tx: Transaction,
    authorization_id: str,
    client: Client,
    *,
    generation: int,
    now: int,
    idle_lifetime: int,
) -> Authorization | None:
    """Use a live family without rotating it; only its idle expiry moves. None as of `rotate`."""
    values = {
        "authorization_id": authorization_id,
        "of_client": client.client_id,
        "presented": generation,
        "now": now,
        **grounds.as_read(client),
        "idle_until": now + idle_lifetime,
    }
    row = _USE.first(tx, values)
    return read(row) if row else None
