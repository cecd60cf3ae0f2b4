"""Transactions on PostgreSQL by libpq itself, as `psycopg.pq` offers it, for statements that
were run there. psycopg and SQLAlchemy take them for their own, as they ask libpq whether one is
open. What is sent here is waited for by the connection, as libpq's own calls know no end."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from provider.store.driver_errors import translated
from provider.store.patient_connection import PatientConnection

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def ask(driver: PatientConnection, send: Callable[..., None], *what: Any) -> Any:
    """Send something and return libpq's result. Raises an error of psycopg's; nothing is sent
    where nobody would wait for the answer."""
    driver.require_time()
    send(*what)
    result = driver.answer()
    if result.status not in _DONE:
        raise error_from_result(result)
    return result


def begin(driver: PatientConnection) -> None:
    """Begin a transaction unless one is open, or the connection keeps each statement by itself."""
    if not driver.autocommit and driver.pgconn.transaction_status == TransactionStatus.IDLE:
        ask(driver, driver.pgconn.send_query, b"BEGIN")


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
    driver: Any = connection.connection.dbapi_connection
    if driver.pgconn.transaction_status == TransactionStatus.IDLE:
        return
    try:
        driver.conclude(lambda: ask(driver, driver.pgconn.send_query, how))
    except Exception as error:
        raise translated(connection, how.decode(), error) from error
