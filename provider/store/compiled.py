"""The statements of hot paths, run past SQLAlchemy. It writes their text once for each database,
with the types of parameters and columns; what it does around every execution (a context, a result
that knows all its columns) costs several times the statement itself. Errors are translated as
SQLAlchemy does it, and who listens to its engine hears of these statements."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

import sqlalchemy as sa

from provider.store.driver_errors import translated
from provider.store.on_cursor import OnCursor
from provider.store.unit_of_work import Transaction


class Runnable(Protocol):
    """A statement as one kind of database takes it."""

    sql: str

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """Return `values` in the form the driver takes."""
        ...

    def run(self, tx: Transaction, parameters: Any) -> Any:
        """Run the statement. Return a result. Raises an error of the driver."""
        ...

    def first(self, result: Any) -> Any | None:
        """Return the first row as a named tuple, or None."""
        ...

    def count(self, result: Any) -> int:
        """Return how many rows were written."""
        ...


class Compiled:
    """A statement with named parameters, none of which is a list. `columns`: those an INSERT
    is given, where it does not say itself."""

    def __init__(self, statement: Any, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = columns
        self._by_dialect: dict[str, Runnable] = {}

    def first(self, tx: Transaction, values: Mapping[str, Any]) -> Any | None:
        """Return the first row as a named tuple, or None."""
        runnable = self._for(tx.dialect)
        return runnable.first(_run(tx, runnable, values))

    def count(self, tx: Transaction, values: Mapping[str, Any]) -> int:
        """Return how many rows were written."""
        runnable = self._for(tx.dialect)
        return runnable.count(_run(tx, runnable, values))

    def _for(self, dialect: sa.Dialect) -> Runnable:
        known = self._by_dialect.get(dialect.name)
        if known is None:
            known = self._by_dialect[dialect.name] = self._compile(dialect)
        return known

    def _compile(self, dialect: sa.Dialect) -> Runnable:
        if dialect.name == "postgresql":
            from provider.store.on_libpq import OnLibpq

            return OnLibpq(self._statement, self._columns)
        return OnCursor(self._statement, self._columns, dialect)


def _run(tx: Transaction, runnable: Runnable, values: Mapping[str, Any]) -> Any:
    try:
        parameters = runnable.parameters(values)
        told = (tx, None, runnable.sql, parameters, SimpleNamespace(), False)
        for listen in tx.dispatch.before_cursor_execute:
            listen(*told)
        try:
            return runnable.run(tx, parameters)
        finally:
            for listen in tx.dispatch.after_cursor_execute:
                listen(*told)
    except Exception as error:
        raise translated(tx, runnable.sql, error) from error
