"""Refresh token families: columns of their authorization. One conditional update
decides a rotation, so of any number of presentations exactly one rotates."""

import sqlalchemy as sa

from provider.model.authorization import Authorization
from provider.store.authorizations import (
    CLIENT_IS_ENABLED,
    OWNER_IS_ENABLED,
    SESSION_COUNTS,
    read,
)
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
        OWNER_IS_ENABLED,
        CLIENT_IS_ENABLED,
        SESSION_COUNTS,
    )
    .values(
        rotated_at=_NOW,
        idle_expires_at=sa.case((_ABSOLUTE < _IDLE_UNTIL, _ABSOLUTE), else_=_IDLE_UNTIL),
    )
    .returning(table)
)
_USE = Compiled(_ADVANCE)
_COUNTS = Compiled(
    sa.select(table.c.id).where(
        table.c.id == sa.bindparam("authorization_id"),
        table.c.ended_at.is_(None),
        OWNER_IS_ENABLED,
        CLIENT_IS_ENABLED,
        SESSION_COUNTS,
    )
)
_ROTATE = Compiled(
    _ADVANCE.values(generation=sa.bindparam("next"), derivation_kid=sa.bindparam("with_kid"))
)


def counts(tx: Transaction, authorization_id: str, now: int) -> bool:
    """Return whether a family may be used at all: neither it nor what it hangs on has ended."""
    return _COUNTS.first(tx, {"authorization_id": authorization_id, "now": now}) is not None


def rotate(
    tx: Transaction,
    authorization_id: str,
    client_id: str,
    *,
    generation: int,
    derivation_kid: str,
    now: int,
    idle_lifetime: int,
) -> Authorization | None:
    """Move a live family from `generation` to the next one.

    `idle_lifetime` in seconds never carries the family past its absolute expiry. Returns
    the authorization after the rotation, or None where the family is not live, not this
    client's, or not at `generation` any more.
    """
    values = {
        "authorization_id": authorization_id,
        "of_client": client_id,
        "presented": generation,
        "next": generation + 1,
        "with_kid": derivation_kid,
        "now": now,
        "idle_until": now + idle_lifetime,
    }
    row = _ROTATE.first(tx, values)
    return read(row) if row else None


def use(
    tx: Transaction,
    authorization_id: str,
    client_id: str,
    *,
    generation: int,
    now: int,
    idle_lifetime: int,
) -> Authorization | None:
    """Use a live family without rotating it; only its idle expiry moves."""
    values = {
        "authorization_id": authorization_id,
        "of_client": client_id,
        "presented": generation,
        "now": now,
        "idle_until": now + idle_lifetime,
    }
    row = _USE.first(tx, values)
    return read(row) if row else None
