"""INSERT, also as one that yields to a row already there or changes it, in the words of the
database at hand. `insert_or_ignore` is the one statement by which two processes that do the same
thing at once do it once. Choice: `RETURNING` tells whether the row went in, because the driver's
row count of an INSERT is not kept on PostgreSQL."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from provider.store.compiled import Compiled
from provider.store.unit_of_work import Transaction


def inserting(dialect: str) -> Any:
    """Return SQLAlchemy's `insert` with the clauses of a database; only that dialect is loaded."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert


def insert(tx: Transaction, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert one row."""
    _insert(table, tuple(values)).count(tx, values)


def insert_or_ignore(tx: Transaction, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless a unique key of it is taken. Return whether it was inserted."""
    statement = _insert_or_ignore(table, tuple(values), tx.dialect.name)
    return statement.first(tx, values) is not None


@cache
def _insert(table: sa.Table, columns: tuple[str, ...]) -> Compiled:
    return Compiled(table.insert().inline(), columns)


@cache
def _insert_or_ignore(table: sa.Table, columns: tuple[str, ...], dialect: str) -> Compiled:
    unless_taken = inserting(dialect)(table).on_conflict_do_nothing()
    return Compiled(unless_taken.returning(*table.primary_key), columns)


def upsert(
    tx: Transaction,
    table: sa.Table,
    values: Mapping[str, Any],
    changes: Mapping[str, sa.ColumnElement[Any]],
) -> None:
    """Insert one row, or make `changes` to the one that has its primary key."""
    statement = inserting(tx.dialect.name)(table).values(**values)
    keys = list(table.primary_key)
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=dict(changes)))
