"""Which clients took part in a session and are to hear of its end. Written only for clients
that registered where to tell them; outlasts the authorizations of the session."""

import sqlalchemy as sa

from provider.model.client import Client
from provider.store import clients as stored_clients
from provider.store.schema import session_client as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore

_OF_SESSION = (
    sa.select(table.c.client_id)
    .where(table.c.session_id == sa.bindparam("session_id"))
    .order_by(table.c.first_at, table.c.client_id)
)


def add(tx: Transaction, session_id: str, client_id: str, *, now: int) -> None:
    """Note that a client takes part in a session."""
    values = {"session_id": session_id, "client_id": client_id, "first_at": now}
    insert_or_ignore(tx, table, values)


def clients(tx: Transaction, session_id: str) -> list[Client]:
    """Return the clients that took part, first come first."""
    ids = tx.execute(_OF_SESSION, {"session_id": session_id}).scalars().all()
    found = (stored_clients.find(tx, client_id) for client_id in ids)
    return [client for client in found if client is not None]
