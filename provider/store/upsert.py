"""INSERT that yields to a row already there, in the words of the database at hand. The
one statement by which two processes that do the same thing at once do it once. Choice:
`RETURNING` tells whether the row went in, because the driver's row count of an INSERT is
not kept on PostgreSQL."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from provider.store.unit_of_work import Transaction


def insert_or_ignore(tx: Transaction, table: sa.Table, values: Mapping[str, Any]) -> bool:
    """Insert one row unless a unique key of it is taken. Return whether it was inserted."""
    statement = _statement(table, tx.dialect.name)
    return tx.execute(statement, dict(values)).first() is not None


@cache
def _statement(table: sa.Table, dialect: str) -> sa.Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key)
