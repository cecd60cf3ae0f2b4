"""Statements on PostgreSQL run by libpq itself, as `psycopg.pq` offers it: prepared once on each
connection, with parameters and columns as text. What psycopg's cursor does around a statement
(looking up adapters, a generator that waits by itself) costs several times the statement."""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from provider.store.libpq import ask, begin
from provider.store.on_cursor import row_of
from provider.store.unit_of_work import Transaction

_DIALECT: sa.Dialect = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_PREPARED = "signet_prepared"
_NUMBERS = count(1)


class OnLibpq:
    """A statement with named parameters, prepared on a connection when first run there."""

    def __init__(self, statement: Any, columns: Any) -> None:
        compiled = statement.compile(dialect=_DIALECT, column_keys=columns)
        results = list(statement.exported_columns)
        self.sql = str(compiled)
        self._name = f"signet_{next(_NUMBERS)}".encode()
        self._given = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        self._writes = tuple(
            (name, _writer(compiled.binds[name].type)) for name in compiled.positiontup or ()
        )
        self._reads = tuple((place, _reader(column.type)) for place, column in enumerate(results))
        self._row = row_of(results)

    def parameters(self, values: Mapping[str, Any]) -> list[bytes | None]:
        """Return `values` as text, in order."""
        found = {**self._given, **values}
        return [
            None if (value := found[name]) is None and write is not _json else write(value)
            for name, write in self._writes
        ]

    def run(self, tx: Transaction, parameters: list[bytes | None]) -> Any:
        """Run the statement. Return libpq's result. Raises an error of psycopg."""
        driver: Any = tx.connection.dbapi_connection
        pgconn = driver.pgconn
        known = tx.connection.info.setdefault(_PREPARED, set())
        begin(driver)
        if self._name not in known:
            ask(driver, pgconn.send_prepare, self._name, self.sql.encode())
            known.add(self._name)
        return ask(driver, pgconn.send_query_prepared, self._name, parameters)

    def first(self, result: Any) -> Any | None:
        """Return the first row as a named tuple, or None."""
        if not result.ntuples:
            return None
        get = result.get_value
        return self._row(
            *[
                None if (text := get(0, place)) is None else read(text)
                for place, read in self._reads
            ]
        )

    def count(self, result: Any) -> int:
        """Return how many rows were written."""
        return int(result.command_tuples or 0)


def _json(value: Any) -> bytes:
    return orjson.dumps(value)


def _text(value: str) -> bytes:
    if "\x00" in value:
        raise psycopg.DataError("PostgreSQL text can not contain NUL")
    return value.encode()


def _number(value: int) -> bytes:
    return b"%d" % value


def _truth(value: bool) -> bytes:
    return b"t" if value else b"f"


def _binary(value: bytes) -> bytes:
    return b"\\x" + value.hex().encode()


def _is_true(text: bytes) -> bool:
    return text == b"t"


def _from_hex(text: bytes) -> bytes:
    return bytes.fromhex(text[2:].decode())


_WRITERS: tuple[tuple[Any, Callable[[Any], bytes]], ...] = (
    (sa.JSON, _json),
    (sa.LargeBinary, _binary),
    (sa.Boolean, _truth),
    (sa.Integer, _number),
    (sa.String, _text),
)
_READERS: tuple[tuple[Any, Callable[[bytes], Any]], ...] = (
    (sa.JSON, orjson.loads),
    (sa.LargeBinary, _from_hex),
    (sa.Boolean, _is_true),
    (sa.Integer, int),
    (sa.String, bytes.decode),
)


def _writer(of: Any) -> Callable[[Any], bytes]:
    return next(write for kind, write in _WRITERS if isinstance(of, kind))


def _reader(of: Any) -> Callable[[bytes], Any]:
    return next(read for kind, read in _READERS if isinstance(of, kind))
