"""Registered clients and their secrets."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from provider.model.client import Client, ClientSecret
from provider.store.schema import client as table
from provider.store.schema import client_secret as secret_table
from provider.store.unit_of_work import Transaction

_SELECT = sa.select(
    table,
    secret_table.c.id.label("secret_id"),
    secret_table.c.digest,
    secret_table.c.created_at.label("secret_created_at"),
    secret_table.c.expires_at,
).select_from(table.outerjoin(secret_table))
_OLDEST_SECRET_FIRST = (secret_table.c.created_at, secret_table.c.id)
_FIND = _SELECT.where(table.c.client_id == sa.bindparam("client_id")).order_by(
    *_OLDEST_SECRET_FIRST
)
_LIST = _SELECT.order_by(table.c.created_at, table.c.client_id, *_OLDEST_SECRET_FIRST)


def find(tx: Transaction, client_id: str) -> Client | None:
    """Return the client, disabled or not, with all its secrets, oldest first."""
    if "\x00" in client_id:  # credentials may hold any text, PostgreSQL's texts no NUL
        return None
    return next(_clients(tx.execute(_FIND, {"client_id": client_id})), None)


def list_all(tx: Transaction) -> list[Client]:
    """Return every client, oldest first."""
    return list(_clients(tx.execute(_LIST)))


def add(tx: Transaction, client: Client, now: int) -> None:
    """Remember a new client and its secrets."""
    tx.execute(
        table.insert().values(
            client_id=client.client_id,
            metadata=client.to_metadata(),
            created_at=now,
            updated_at=now,
        )
    )
    for secret in client.secrets:
        add_secret(tx, client.client_id, secret)


def replace(tx: Transaction, client: Client, now: int) -> None:
    """Replace what is registered about a client; its secrets stay."""
    tx.execute(
        table.update()
        .where(table.c.client_id == client.client_id)
        .values(metadata=client.to_metadata(), updated_at=now)
    )


def disable(tx: Transaction, client_id: str, now: int) -> bool:
    """Switch a client off. Return whether it was on."""
    result = tx.execute(
        table.update()
        .where(table.c.client_id == client_id, table.c.disabled_at.is_(None))
        .values(disabled_at=now)
    )
    return result.rowcount == 1


def enable(tx: Transaction, client_id: str) -> bool:
    """Switch a client on again. Return whether it was off."""
    result = tx.execute(
        table.update()
        .where(table.c.client_id == client_id, table.c.disabled_at.is_not(None))
        .values(disabled_at=None)
    )
    return result.rowcount == 1


def remove(tx: Transaction, client_id: str) -> bool:
    """Forget a client and everything that hangs on it. Return whether it was there."""
    return tx.execute(table.delete().where(table.c.client_id == client_id)).rowcount == 1


def add_secret(tx: Transaction, client_id: str, secret: ClientSecret) -> None:
    """Remember one more secret."""
    tx.execute(
        secret_table.insert().values(
            id=secret.id,
            client_id=client_id,
            digest=secret.digest,
            created_at=secret.created_at,
            expires_at=secret.expires_at,
        )
    )


def expire_secrets(tx: Transaction, client_id: str, *, except_id: str, expires_at: int) -> None:
    """Let the client's other secrets stop working at `expires_at`, or earlier as they were."""
    tx.execute(
        secret_table.update()
        .where(
            secret_table.c.client_id == client_id,
            secret_table.c.id != except_id,
            sa.or_(secret_table.c.expires_at.is_(None), secret_table.c.expires_at > expires_at),
        )
        .values(expires_at=expires_at)
    )


def _clients(rows: Iterable[sa.Row[Any]]) -> Iterator[Client]:
    found: dict[str, tuple[sa.Row[Any], list[ClientSecret]]] = {}
    for row in rows:
        _, secrets = found.setdefault(row.client_id, (row, []))
        if row.secret_id is not None:
            secrets.append(
                ClientSecret(
                    id=row.secret_id,
                    digest=row.digest,
                    created_at=row.secret_created_at,
                    expires_at=row.expires_at,
                )
            )
    for row, secrets in found.values():
        yield Client.from_metadata(
            row.client_id,
            row.metadata,
            created_at=row.created_at,
            disabled_at=row.disabled_at,
            secrets=tuple(secrets),
        )
