"""Refresh token families: columns of their authorization. One conditional update
decides a rotation, so of any number of presentations exactly one rotates."""

import sqlalchemy as sa

from provider.model.authorization import Authorization
from provider.store.authorizations import read
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction


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
    return _advance(
        tx, authorization_id, client_id, generation=generation, now=now,
        values={
            "generation": generation + 1,
            "rotated_at": now,
            "derivation_kid": derivation_kid,
            "idle_expires_at": _idle_expiry(now + idle_lifetime),
        },
    )  # fmt: skip


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
    return _advance(
        tx, authorization_id, client_id, generation=generation, now=now,
        values={"rotated_at": now, "idle_expires_at": _idle_expiry(now + idle_lifetime)},
    )  # fmt: skip


def _idle_expiry(wanted: int) -> sa.ColumnElement[int]:
    absolute = table.c.absolute_expires_at
    return sa.case((absolute < wanted, absolute), else_=wanted)


def _advance(
    tx: Transaction,
    authorization_id: str,
    client_id: str,
    *,
    generation: int,
    now: int,
    values: dict[str, object],
) -> Authorization | None:
    row = tx.execute(
        table.update()
        .where(
            table.c.id == authorization_id,
            table.c.client_id == client_id,
            table.c.generation == generation,
            table.c.ended_at.is_(None),
            table.c.idle_expires_at > now,
            table.c.absolute_expires_at > now,
        )
        .values(**values)
        .returning(table)
    ).first()
    return read(row) if row else None
