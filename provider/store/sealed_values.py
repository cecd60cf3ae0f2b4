"""What is kept sealed under a secret key of the operator's: our keys and those client secrets
that sign. Each value begins with the fingerprint of its secret key, so the database can tell
what still needs an earlier one. Called to seal it anew; of two processes that do so at once one
replaces each value."""

from typing import Any

import sqlalchemy as sa

from provider.store.schema import client_secret, key
from provider.store.unit_of_work import Transaction


def count_others(tx: Transaction, fingerprint: bytes) -> tuple[int, int]:
    """Return how many keys and how many client secrets are sealed under another secret key."""
    keys, secrets = (
        tx.execute(
            sa.select(sa.func.count()).where(
                table.c.sealed.is_not(None), _is_of_another(table, fingerprint)
            )
        ).scalar_one()
        for table in (key, client_secret)
    )
    return int(keys), int(secrets)


def client_secrets(
    tx: Transaction, fingerprint: bytes, *, after: str, limit: int
) -> list[tuple[str, bytes]]:
    """Return the ids and sealed values of at most `limit` client secrets that are sealed
    under another secret key, in the order of their ids and beyond `after`."""
    query = (
        sa.select(client_secret.c.id, client_secret.c.sealed)
        .where(
            client_secret.c.id > after,
            client_secret.c.sealed.is_not(None),
            _is_of_another(client_secret, fingerprint),
        )
        .order_by(client_secret.c.id)
        .limit(limit)
    )
    return [(row.id, row.sealed) for row in tx.execute(query)]


def replace_key(tx: Transaction, kid: str, sealed: bytes, anew: bytes) -> bool:
    """Replace the sealed value of a key. Return whether it was still `sealed`."""
    return _replace(tx, key, key.c.kid == kid, sealed, anew)


def replace_client_secret(tx: Transaction, secret_id: str, sealed: bytes, anew: bytes) -> bool:
    """Replace the sealed value of a client secret. Return whether it was still `sealed`."""
    return _replace(tx, client_secret, client_secret.c.id == secret_id, sealed, anew)


def _replace(
    tx: Transaction, table: sa.Table, which: sa.ColumnElement[bool], sealed: bytes, anew: bytes
) -> bool:
    replacing = table.update().where(which, table.c.sealed == sealed).values(sealed=anew)
    return tx.execute(replacing).rowcount == 1


def _is_of_another(table: Any, fingerprint: bytes) -> sa.ColumnElement[bool]:
    length = len(fingerprint)
    begins = sa.func.substr(table.c.sealed, 1, length, type_=sa.LargeBinary)
    return begins != fingerprint
