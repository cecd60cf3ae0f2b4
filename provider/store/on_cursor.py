"""Statements on the driver's own cursor, with the types that SQLAlchemy gives parameters and
columns. What SQLite's statements run on."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from provider.store.unit_of_work import Transaction

Processor = Callable[[Any], Any]


class OnCursor:
    """A statement in the words and the parameter style of a dialect."""

    def __init__(self, statement: Any, columns: Sequence[str] | None, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        results = list(statement.exported_columns)
        self.sql = str(compiled)
        self._order = tuple(compiled.positiontup)
        self._given = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._writes = _processors(
            (name, bind.type.dialect_impl(dialect).bind_processor(dialect))
            for name, bind in compiled.binds.items()
        )
        self._reads = _processors(
            (place, column.type.dialect_impl(dialect).result_processor(dialect, None))
            for place, column in enumerate(results)
        )
        self._row = row_of(results)

    def parameters(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return `values` in order, as the driver takes them."""
        found = {**self._given, **values}
        for name, process in self._writes:
            found[name] = process(found[name])
        return tuple([found[name] for name in self._order])

    def run(self, tx: Transaction, parameters: tuple[Any, ...]) -> tuple[Any, int]:
        """Run the statement. Return its first row, if any, and how many rows were written."""
        driver: Any = tx.connection.dbapi_connection
        cursor = driver.cursor()
        try:
            cursor.execute(self.sql, parameters)
            return cursor.fetchone(), cursor.rowcount
        finally:
            cursor.close()

    def first(self, result: tuple[Any, int]) -> Any | None:
        """Return the first row as a named tuple, or None."""
        if result[0] is None:
            return None
        columns = list(result[0])
        for place, process in self._reads:
            columns[place] = process(columns[place])
        return self._row(*columns)

    def count(self, result: tuple[Any, int]) -> int:
        """Return how many rows were written."""
        return result[1]


def row_of(columns: Iterable[Any]) -> Callable[..., Any]:
    """Return what makes a row of its values; their names are those of the columns."""
    return namedtuple("Row", [column.key for column in columns])


def _processors(found: Any) -> Any:
    return tuple((where, process) for where, process in found if process is not None)
