"""Engine and transaction: one transaction per request, opened when the first
statement needs it. SQLite runs in WAL mode with durable commits and takes its write
lock at the start (`BEGIN IMMEDIATE`) where the request may write, because a
transaction that reads first and writes later fails at once when another one wrote."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep
from typing import Any

import sqlalchemy as sa

Engine = sa.Engine
Transaction = sa.Connection


class StorageUnavailable(Exception):
    """The database did not answer, or stayed locked; nothing was decided."""


def open_engine(url: str, *, patience: float = 5) -> sa.Engine:
    """Return an engine for a SQLite or PostgreSQL `url`.

    `patience`: seconds to wait for a connection and for a lock.
    SQLite: WAL, foreign keys on, durable commits.
    PostgreSQL: connections are tested before use, so a restart of the server heals itself.
    """
    if sa.make_url(url).get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": patience}, pool_timeout=patience)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    waits = {
        "connect_timeout": max(2, round(patience)),
        "options": f"-c lock_timeout={round(patience * 1000)}",
    }
    return sa.create_engine(
        url,
        pool_pre_ping=True,
        pool_size=8,
        max_overflow=8,
        pool_timeout=patience,
        connect_args=waits,
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
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


def _begin_sqlite(connection: sa.Connection) -> None:
    read_only = connection.get_execution_options().get("signet_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class UnitOfWork:
    """The transaction of one request. `tx` opens it on first use."""

    def __init__(self, engine: sa.Engine, *, read_only: bool) -> None:
        self._engine = engine
        self.read_only = read_only
        self._connection: sa.Connection | None = None

    @property
    def tx(self) -> Transaction:
        """The open transaction. Raises StorageUnavailable."""
        if self._connection is None:
            with outages():
                self._connection = self._begin()
        return self._connection

    def _begin(self) -> Transaction:
        connection = self._engine.connect().execution_options(signet_read_only=self.read_only)
        try:
            connection.begin()
        except sa.exc.SQLAlchemyError:
            connection.close()
            raise
        return connection

    def commit(self) -> None:
        """Keep the work. Raises StorageUnavailable."""
        if self._connection is not None:
            with outages():
                self._connection.commit()

    def close(self) -> None:
        """Undo what was not committed and give the connection back.

        A connection that broke has undone it already, so that is no trouble any more.
        """
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(StorageUnavailable), outages():
                connection.close()


@contextmanager
def transaction(engine: sa.Engine, *, read_only: bool = False) -> Iterator[Transaction]:
    """Run a block in a transaction of its own: commit at the end, undo on an exception."""
    work = UnitOfWork(engine, read_only=read_only)
    try:
        with outages():
            yield work.tx
        work.commit()
    finally:
        work.close()


@contextmanager
def outages() -> Iterator[None]:
    """Translate trouble of the database (not of a statement) into StorageUnavailable."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.TimeoutError, sa.exc.InterfaceError) as error:
        raise StorageUnavailable(type(error).__name__) from error
    except sa.exc.DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise StorageUnavailable(type(error).__name__) from error
