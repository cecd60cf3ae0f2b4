"""Engine and transaction: one transaction per request, opened when the first statement needs
it. Nothing begins, and nothing is kept, once the request has waited as long as it may
(`provider.patience`). A commit that was sent and not answered counts as unknown: its connection is
closed, whoever asked is told to come again, and what they send then finds what became of it."""

import errno
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

import sqlalchemy as sa

from provider.patience import PATIENCE, Overdue, require
from provider.store import sqlite_connection
from provider.store.driver_errors import without_values
from provider.store.held_connections import held_by, hold

Engine = sa.Engine
Transaction = sa.Connection


_POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 24}
"""A request may hold one connection to read on and then another to write on."""

_MOST = _POOL["pool_size"] + _POOL["max_overflow"]


class StorageUnavailable(Exception):
    """The database did not answer, or stayed locked; nothing was decided."""


def open_engine(url: str, *, patience: float = PATIENCE) -> sa.Engine:
    """Return an engine for a SQLite or PostgreSQL `url`.

    `patience`: seconds to wait for a connection, for a lock and for an answer, unless less is left
    of a request's (`provider.patience`).
    SQLite: WAL, foreign keys on, durable commits.
    PostgreSQL: connections are tested before use, so a restart of the server heals itself; what
    the URL says about silence counts.
    The driver prepares no statements, because after an undo it forgets all of a connection,
    and with them those that `on_libpq` prepared.
    """
    given = sa.make_url(url)
    if given.get_backend_name() == "sqlite":
        engine = sa.create_engine(
            url,
            connect_args={"timeout": patience},
            pool_timeout=patience,
            hide_parameters=True,
            **_POOL,
        )
        sa.event.listen(engine, "handle_error", without_values)
        sa.event.listen(engine, "connect", sqlite_connection.prepare)
        sa.event.listen(engine, "begin", partial(sqlite_connection.begin, usual=patience))
        return hold(engine, _MOST, patience)
    from provider.store import patient_connection  # its driver is loaded only for that

    waits = patient_connection.unless_given(given.query) | {
        "options": f"-c lock_timeout={round(patience * 1000)}",
        "client_encoding": "utf8",
        "prepare_threshold": None,
    }
    engine = sa.create_engine(
        url,
        pool_pre_ping=True,
        **_POOL,
        pool_timeout=patience,
        connect_args=waits,
        hide_parameters=True,
    )
    sa.event.listen(engine, "handle_error", without_values)
    sa.event.listen(engine, "do_connect", partial(patient_connection.connect, usual=patience))
    return hold(engine, _MOST, patience)


def beside(engine: sa.Engine) -> sa.Engine:
    """Return an engine on the same database with connections of its own, for what must be asked
    while requests may hold all others and wait for the answer. Disposed of with `engine`."""
    another = open_engine(engine.url.render_as_string(hide_password=False))
    sa.event.listen(engine, "engine_disposed", lambda _engine: another.dispose())
    return another


class UnitOfWork:
    """The transaction of one request, and what it reads outside of one. Both begin when first
    used."""

    def __init__(self, engine: sa.Engine, *, read_only: bool) -> None:
        self.engine = engine
        self._connections = held_by(engine)
        self.read_only = read_only
        self._connection: sa.Connection | None = None
        self._reading: sa.Connection | None = None

    @property
    def tx(self) -> Transaction:
        """The open transaction. Raises StorageUnavailable."""
        if self.read_only:
            return self.reading
        if self._connection is None:
            self._release()
            with outages():
                self._connection = self._begin()
        return self._connection

    @property
    def reading(self) -> Transaction:
        """The open transaction, or else a connection on which every statement sees what is
        committed; for what is asked before anything is written. Raises StorageUnavailable."""
        if self._connection is not None:
            return self._connection
        if self._reading is None:
            with outages():
                require()
                self._reading = self._connections.take(read_only=True)
        return self._reading

    @property
    def alone(self) -> Transaction:
        """The transaction where it is open, or else a connection on which a statement is kept by
        itself: one round trip instead of three, for what nothing after it may undo.
        Raises StorageUnavailable."""
        if self.read_only:
            raise ValueError("this work only reads")
        if self._reading is not None and self._reading.in_transaction():
            self._release()
        return self.reading

    def _begin(self) -> Transaction:
        require()
        connection = self._connections.take(read_only=False)
        try:
            self._connections.begin(connection)
        except BaseException:
            self._connections.discard(connection)
            raise
        return connection

    def commit(self) -> None:
        """Keep the work. Raises StorageUnavailable, also where the request waited too long: who
        asked has gone, and will ask for the same again."""
        if self._connection is not None:
            with outages():
                require()
                self._connections.commit(self._connection)

    def close(self) -> None:
        """Undo what was not committed and give the connections back.

        A connection that broke has undone it already, so that is no trouble any more.
        """
        self._release()
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(StorageUnavailable), outages():
                self._connections.give_back(connection, read_only=False)

    def _release(self) -> None:
        if self._reading is not None:
            connection, self._reading = self._reading, None
            with suppress(StorageUnavailable), outages():
                self._connections.give_back(connection, read_only=True)


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


def outages() -> AbstractContextManager[None]:
    """Translate trouble of the database (not of a statement), and want of descriptors or memory,
    into StorageUnavailable."""
    return _OUTAGES


class _Outages:
    """A context manager without state, as every request enters some."""

    def __enter__(self) -> None:
        """Begin to listen."""

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: Any
    ) -> None:
        """Raise StorageUnavailable in place of the trouble."""
        if error is not None and _is_trouble(error):
            raise StorageUnavailable(_name(error)) from error


def _is_trouble(error: BaseException) -> bool:
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, OSError):  # of the driver, while it connects
        return error.errno in _WANT
    return isinstance(error, _TROUBLE)


def _name(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode[error.errno]
    return type(error).__name__


_OUTAGES = _Outages()
_TROUBLE = (
    sa.exc.OperationalError, sa.exc.TimeoutError, sa.exc.InterfaceError, MemoryError, Overdue,
)  # fmt: skip
_WANT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
