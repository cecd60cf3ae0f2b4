"""The audit trail: what was decided, about whom, from where. Never a secret."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from provider.store.schema import event as table
from provider.store.unit_of_work import Transaction

_ADD = table.insert()
_FACTS = [column for column in table.c if column is not table.c.id]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One decision. `at` and `expires_at` are in seconds since the epoch."""

    at: int
    name: str
    address: str
    expires_at: int
    account_id: str | None = None
    client_id: str | None = None
    authorization_id: str | None = None
    session_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def add(tx: Transaction, events: list[Event]) -> None:
    """Write events down."""
    if events:
        tx.execute(_ADD, [vars(event) for event in events])


def list_for(tx: Transaction, account_id: str, *, limit: int) -> list[Event]:
    """Return the newest events about an account."""
    query = (
        sa.select(*_FACTS)
        .where(table.c.account_id == account_id)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [Event(**row._mapping) for row in tx.execute(query)]
