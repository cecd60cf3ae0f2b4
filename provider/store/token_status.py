"""What was called back: the entries of status lists that are not VALID, or no longer are.
Written by the same transaction as whatever ends access, here and nowhere else; read by
introspection and by the served lists, which therefore agree. An entry stays until the
last token that names it has expired. INVALID is final, and wins over SUSPENDED."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from provider.model.client import LONGEST_TOKEN_LIFE
from provider.model.status import INVALID, SUSPENDED, VALID, StatusPlace
from provider.store.compiled import Compiled
from provider.store.schema import Seconds, authorization
from provider.store.schema import token_status as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import inserting

Entries = dict[int, dict[int, int]]
"""The status at each index, by the number of the list."""

CLOCKS_APART = 60
"""Seconds that the clocks of two processes may differ."""

KEPT = LONGEST_TOKEN_LIFE + CLOCKS_APART
"""Seconds for which an entry stays: until no token that names it is left."""

_SEEN_WITHIN = 3600
"""Seconds within which every process has seen a change."""

_COLUMNS = ["number", "index", "status", "changed_at", "expires_at"]
_STATUS = sa.bindparam("new_status", type_=sa.SmallInteger)
_NOW = sa.bindparam("status_at", type_=Seconds)
_UNTIL = sa.bindparam("status_until", type_=Seconds)

_FIND = Compiled(
    sa.select(table.c.status).where(
        table.c.number == sa.bindparam("number"), table.c.index == sa.bindparam("index")
    )
)
_SINCE = sa.select(table.c.number, table.c.index, table.c.status).where(
    table.c.changed_at >= sa.bindparam("since")
)
_ALL = sa.select(table.c.number, table.c.index, table.c.status).where(
    table.c.expires_at > sa.bindparam("now"), table.c.status != VALID
)
_RESTORE = (
    table.update()
    .where(
        table.c.status == SUSPENDED,
        sa.exists().where(
            authorization.c.account_id == sa.bindparam("of_account"),
            authorization.c.status_list == table.c.number,
            authorization.c.status_index == table.c.index,
        ),
    )
    .values(
        status=VALID,
        changed_at=_NOW,
        expires_at=sa.case(
            (table.c.expires_at < _UNTIL, _UNTIL),
            else_=table.c.expires_at,
        ),
    )
)


def status_of(tx: Transaction, place: StatusPlace) -> int:
    """Return what stands at a place."""
    row = _FIND.first(tx, {"number": place.number, "index": place.index})
    return VALID if row is None else int(row.status)


def enter(
    tx: Transaction,
    owners: sa.FromClause,
    *which: sa.ColumnElement[bool],
    status: int,
    now: int,
    values: dict[str, object] | None = None,
) -> None:
    """Set the status of the places that the rows `which` of `owners` name; `values` fill the
    bound parameters of `which`."""
    places = sa.select(owners.c.status_list, owners.c.status_index, _STATUS, _NOW, _UNTIL).where(
        *which, owners.c.status_list.is_not(None)
    )
    _insert(tx, places, status, now, values or {})


def enter_place(tx: Transaction, place: StatusPlace, *, status: int, now: int) -> None:
    """Set the status of one place."""
    values = {"status": status, "changed_at": now, "expires_at": now + KEPT}
    entry = _entry(tx.dialect.name, is_final=status != SUSPENDED)
    entry.count(tx, {"number": place.number, "index": place.index, **values})


def restore(tx: Transaction, account_id: str, *, now: int) -> None:
    """Make what is SUSPENDED of an account VALID again. An entry stays long enough for every
    process to see it."""
    values = {
        "of_account": account_id,
        "status_at": now,
        "status_until": now + _SEEN_WITHIN,
    }
    tx.execute(_RESTORE, values)


def entries(tx: Transaction, now: int) -> Entries:
    """Return every entry that is not VALID."""
    return _grouped(tx.execute(_ALL, {"now": now}))


def changed_since(tx: Transaction, since: int) -> Entries:
    """Return the entries that changed at a time or later, VALID ones too."""
    return _grouped(tx.execute(_SINCE, {"since": since}))


def _grouped(rows: Iterable[sa.Row[int, int, int]]) -> Entries:
    grouped: Entries = {}
    for number, index, status in rows:
        grouped.setdefault(number, {})[index] = status
    return grouped


def _insert(
    tx: Transaction, places: sa.SelectBase, status: int, now: int, values: dict[str, object]
) -> None:
    insert = inserting(tx.dialect.name)
    statement = _or_change(insert(table).from_select(_COLUMNS, places), status != SUSPENDED)
    about = {"new_status": status, "status_at": now, "status_until": now + KEPT}
    tx.execute(statement, {**values, **about})


@cache
def _entry(dialect: str, *, is_final: bool) -> Compiled:
    insert = inserting(dialect)
    return Compiled(_or_change(insert(table), is_final), _COLUMNS)


def _or_change(entry: Any, is_final: bool) -> Any:
    """Let an entry change the one that is there; what suspends, not one that is INVALID."""
    return entry.on_conflict_do_update(
        index_elements=[table.c.number, table.c.index],
        set_={name: entry.excluded[name] for name in ("status", "changed_at", "expires_at")},
        where=sa.true() if is_final else table.c.status != INVALID,
    )
