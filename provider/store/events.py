"""The audit trail: what was decided, about whom, from where, why. Never a secret. It only grows:
nothing here changes or removes an event, and `expiry` removes those past their time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from provider.store.schema import event as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert

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
    for event in events:
        insert(tx, table, vars(event))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which events to return: about whom, of which name, not before when. None is any."""

    account_id: str | None = None
    client_id: str | None = None
    name: str | None = None
    since: int | None = None


def newest(tx: Transaction, wanted: Wanted, *, limit: int) -> list[tuple[int, Event]]:
    """Return the newest events with their numbers, oldest first."""
    query = _wanted(wanted).order_by(table.c.id.desc()).limit(limit)
    return _numbered(tx, query)[::-1]


def after(tx: Transaction, wanted: Wanted, number: int, *, limit: int) -> list[tuple[int, Event]]:
    """Return events with numbers above `number`, oldest first. Numbers are given before a
    transaction ends, so a lower one can appear after a higher one."""
    query = _wanted(wanted).where(table.c.id > number).order_by(table.c.id).limit(limit)
    return _numbered(tx, query)


def _wanted(wanted: Wanted) -> sa.Select[Any]:
    query = sa.select(table.c.id, *_FACTS)
    for column, value in (
        (table.c.account_id, wanted.account_id),
        (table.c.client_id, wanted.client_id),
        (table.c.name, wanted.name),
    ):
        if value is not None:
            query = query.where(column == value)
    return query if wanted.since is None else query.where(table.c.at >= wanted.since)


def _numbered(tx: Transaction, query: sa.Select[Any]) -> list[tuple[int, Event]]:
    found = []
    for row in tx.execute(query):
        facts = dict(row._mapping)
        found.append((facts.pop("id"), Event(**facts)))
    return found


def list_for(
    tx: Transaction, account_id: str, names: Iterable[str], *, limit: int, since: int = 0
) -> list[Event]:
    """Return the newest events of these names about an account."""
    query = (
        sa.select(*_FACTS)
        .where(table.c.account_id == account_id, table.c.name.in_(list(names)))
        .where(table.c.at >= since)
        .order_by(table.c.id.desc())
        .limit(limit)
    )
    return [Event(**row._mapping) for row in tx.execute(query)]
