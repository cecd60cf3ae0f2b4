"""Transactions on PostgreSQL by libpq itself, as `psycopg.pq` offers it, for statements that
were run there. psycopg and SQLAlchemy take them for their own, as they ask libpq whether one is
open."""

from typing import Any

import sqlalchemy as sa
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from provider.store.driver_errors import translated

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def done(result: Any) -> Any:
    """Return a result of libpq's. Raises an error of psycopg's where it is one."""
    if result.status not in _DONE:
        raise error_from_result(result)
    return result


def begin(driver: Any) -> None:
    """Begin a transaction unless one is open, or the connection keeps each statement by itself."""
    if not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE:
        done(driver.pgconn.exec_(b"BEGIN"))


def commit(connection: sa.Connection) -> None:
    """Keep what was done. Who listens to the engine's commits hears of it. Raises an error of
    SQLAlchemy's."""
    for listen in connection.dispatch.commit:
        listen(connection)
    _end(connection, b"COMMIT")


def undo(connection: sa.Connection) -> None:
    """Undo what was done. Raises an error of SQLAlchemy's."""
    _end(connection, b"ROLLBACK")


def _end(connection: sa.Connection, how: bytes) -> None:
    pgconn = connection.connection.dbapi_connection.pgconn  # type: ignore[union-attr]
    if pgconn.transaction_status == TransactionStatus.IDLE:
        return
    try:
        done(pgconn.exec_(how))
    except Exception as error:
        raise translated(connection, how.decode(), error) from error
