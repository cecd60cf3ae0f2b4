"""What each audience wants of its access tokens."""

from typing import Any

import sqlalchemy as sa

from provider.model.audience import Audience
from provider.store.schema import audience as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore

_ALL = sa.select(table).order_by(table.c.identifier)


def list_all(tx: Transaction) -> list[Audience]:
    """Return every audience that has a record."""
    return [_audience(row) for row in tx.execute(_ALL)]


def find(tx: Transaction, identifier: str) -> Audience | None:
    """Return the record of one audience."""
    row = tx.execute(sa.select(table).where(table.c.identifier == identifier)).first()
    return _audience(row) if row else None


def add(tx: Transaction, audience: Audience, now: int) -> bool:
    """Remember an audience unless it has a record. Return whether this added it."""
    values = {"identifier": audience.identifier, "created_at": now, **_values(audience, now)}
    return insert_or_ignore(tx, table, values)


def replace(tx: Transaction, audience: Audience, now: int) -> bool:
    """Replace what an audience wants. Return whether it had a record."""
    one = table.c.identifier == audience.identifier
    return tx.execute(table.update().where(one).values(**_values(audience, now))).rowcount == 1


def remove(tx: Transaction, identifier: str) -> bool:
    """Forget a record. Return whether it was there."""
    return tx.execute(table.delete().where(table.c.identifier == identifier)).rowcount == 1


def _values(audience: Audience, now: int) -> dict[str, Any]:
    return {
        "signing_alg": audience.signing_alg,
        "access_token_lifetime": audience.access_token_lifetime,
        "status_list": audience.status_list,
        "scope": None if audience.scopes is None else " ".join(audience.scopes),
        "token_format": audience.token_format,
        "updated_at": now,
    }


def _audience(row: sa.Row[Any]) -> Audience:
    return Audience(
        identifier=row.identifier,
        signing_alg=row.signing_alg,
        access_token_lifetime=row.access_token_lifetime,
        status_list=row.status_list,
        scopes=None if row.scope is None else tuple(row.scope.split()),
        token_format=row.token_format,
    )
