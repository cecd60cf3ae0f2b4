"""What each person agreed to give each client."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from provider.model.consent import Consent
from provider.store.compiled import Compiled
from provider.store.schema import consent as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore

_WHICH = sa.select(table).where(
    table.c.account_id == sa.bindparam("account_id"),
    table.c.client_id == sa.bindparam("client_id"),
)
_FIND = Compiled(_WHICH)
_HOLD = Compiled(_WHICH.with_for_update(read=True))


def find(tx: Transaction, account_id: str, client_id: str) -> Consent | None:
    """Return what the account granted the client."""
    row = _FIND.first(tx, {"account_id": account_id, "client_id": client_id})
    return _consent(row) if row else None


def hold(tx: Transaction, account_id: str, client_id: str) -> Consent | None:
    """Return what the account granted the client, and keep it so until the transaction ends.

    Whoever withdraws it waits, and then finds what was issued meanwhile.
    """
    row = _HOLD.first(tx, {"account_id": account_id, "client_id": client_id})
    return _consent(row) if row else None


def list_for(tx: Transaction, account_id: str) -> list[Consent]:
    """Return everything the account granted, newest first."""
    query = (
        sa.select(table)
        .where(table.c.account_id == account_id)
        .order_by(table.c.granted_at.desc(), table.c.client_id)
    )
    return [_consent(row) for row in tx.execute(query)]


def remember(tx: Transaction, consent: Consent) -> None:
    """Add to what the account granted the client before.

    The row is locked while it is read and written, so that of two consents given at once
    none is lost; where it is withdrawn at that moment, only the new one remains.
    """
    key = {"account_id": consent.account_id, "client_id": consent.client_id}
    known = sa.select(table).where(_key(**key)).with_for_update()
    while not insert_or_ignore(tx, table, {**key, **_values(consent)}):
        if (row := tx.execute(known).first()) is not None:
            before = _consent(row)
            merged = replace(
                consent,
                scopes=before.scopes | consent.scopes,
                resources=before.resources | consent.resources,
            )
            tx.execute(table.update().where(_key(**key)).values(**_values(merged)))
            return


def withdraw(tx: Transaction, account_id: str, client_id: str) -> bool:
    """Forget what the account granted the client. Return whether there was something."""
    return tx.execute(table.delete().where(_key(account_id, client_id))).rowcount == 1


def _key(account_id: str, client_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.account_id == account_id, table.c.client_id == client_id)


def _values(consent: Consent) -> dict[str, Any]:
    return {
        "scope": " ".join(sorted(consent.scopes)),
        "resource": sorted(consent.resources),
        "granted_at": consent.granted_at,
    }


def _consent(row: Any) -> Consent:
    return Consent(
        account_id=row.account_id,
        client_id=row.client_id,
        scopes=frozenset(row.scope.split()),
        resources=frozenset(row.resource),
        granted_at=row.granted_at,
    )
