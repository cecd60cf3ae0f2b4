"""Connections to SQLite. They run in WAL mode with durable commits and take the write lock at the
start of a transaction (`BEGIN IMMEDIATE`) where the request may write, because one that reads
first and writes later fails at once when another one wrote. That lock is all that is waited for
here: a disk that hangs keeps its thread for as long as it hangs, whatever we do, and who waits for
the thread's turn is refused in time (`provider.turns`)."""

import sqlite3
from time import sleep
from typing import Any

import sqlalchemy as sa

from provider.patience import at_most
from provider.store.driver_errors import translated
from provider.store.held_connections import is_read_only

_COARSE = 0.5
"""Seconds by which a connection may wait longer for a lock than is left."""

_BUSY_TIMEOUT = "signet_busy_timeout"


def prepare(connection: sqlite3.Connection, _record: Any) -> None:
    """Make a new connection fit for what runs on it."""
    connection.isolation_level = None
    _use_wal(connection)
    for pragma in ("foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL. SQLite does not wait for that lock, so we do: two
    processes may open the file for the first time at once."""
    for pause in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            sleep(pause)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")


def begin(connection: sa.Connection, *, usual: float) -> None:
    """Begin a transaction; for its lock it waits as `usual` (seconds), or for what is left."""
    driver: Any = connection.connection.dbapi_connection
    statement = "BEGIN" if is_read_only(connection) else "BEGIN IMMEDIATE"
    left, info = at_most(usual), connection.connection.info
    try:
        if abs(left - info.get(_BUSY_TIMEOUT, usual)) > _COARSE:
            driver.execute(f"PRAGMA busy_timeout={round(left * 1000)}")
            info[_BUSY_TIMEOUT] = left
        driver.execute(statement)
    except sqlite3.Error as error:
        raise translated(connection, statement, error) from error
