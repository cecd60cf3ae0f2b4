"""Connections kept ready between requests, in two kinds: those a transaction runs on, and those
that only read, where on PostgreSQL every statement stands for itself and needs no BEGIN and no
ROLLBACK. Taking one costs a fraction of what SQLAlchemy's pool asks, which still opens, counts and
tests them. Instead of asking the server for a sign of life each time, a look at the socket tells:
one that lies idle has nothing to say unless its server went away. Where one turns out to be
broken, all that lie idle go with it, so that a line that swallows everything is met once and not
by one request for each of them."""

from collections import deque
from contextlib import suppress
from select import POLLERR, POLLHUP, POLLIN, poll
from threading import BoundedSemaphore
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from provider.patience import PATIENCE, at_most

_HELD, _READ_ONLY = "signet_held", "signet_read_only"
_GONE = POLLIN | POLLHUP | POLLERR


class HeldConnections:
    """The connections of one engine, `most` of them, each waited for as long as is `usual` at
    most (seconds). Safe to use from several threads."""

    def __init__(self, engine: sa.Engine, most: int, usual: float) -> None:
        self._engine = engine
        self._usual = usual
        self._places = BoundedSemaphore(most)
        self._idle: dict[bool, deque[sa.Connection]] = {False: deque(), True: deque()}
        self._libpq = _libpq() if engine.dialect.name == "postgresql" else None

    def take(self, *, read_only: bool) -> sa.Connection:
        """Return a connection that is alive, with no transaction begun."""
        idle = self._idle[read_only]
        while True:
            try:
                connection = idle.pop()
            except IndexError:
                return self._open(read_only=read_only)
            if _is_alive(connection):
                return connection
            self.discard(connection)

    def give_back(self, connection: sa.Connection, *, read_only: bool) -> None:
        """Undo what was begun on a connection and not committed, and keep it. One whose commit
        failed ends, because nobody knows what the database left of it."""
        begun = connection.get_transaction()
        if begun is not None and not begun.is_active:
            self.discard(connection)
            return
        if connection.invalidated:
            self._close(connection)
            self.drop()
            return
        if self._are_many():
            self._close(connection)
            return
        try:
            self._undo(connection)
        except sa.exc.SQLAlchemyError:
            self._close(connection)
            raise
        self._idle[read_only].append(connection)

    def discard(self, connection: sa.Connection) -> None:
        """Close a connection for good."""
        with suppress(sa.exc.SQLAlchemyError):
            connection.detach()
        self._close(connection)

    def _close(self, connection: sa.Connection) -> None:
        """Give a connection back to the pool, which closes it or keeps it."""
        try:
            with suppress(sa.exc.SQLAlchemyError):
                connection.close()
        finally:
            self._places.release()

    def begin(self, connection: sa.Connection) -> None:
        """Begin a transaction on a connection; with libpq its first statement does."""
        if self._libpq is None:
            connection.begin()

    def commit(self, connection: sa.Connection) -> None:
        """Keep what was done on a connection. Raises an error of SQLAlchemy's."""
        if self._libpq is None or connection.in_transaction():
            connection.commit()
            return
        try:
            self._libpq.commit(connection)
        except BaseException:
            connection.invalidate()
            raise

    def _undo(self, connection: sa.Connection) -> None:
        if connection.in_transaction():
            connection.rollback()
        elif self._libpq is not None:
            self._libpq.undo(connection)

    def drop(self) -> None:
        """Close every idle connection."""
        for idle in self._idle.values():
            with suppress(IndexError):  # another thread takes them too
                while True:
                    self.discard(idle.pop())

    def _are_many(self) -> bool:
        """Return whether so many connections are out that those who wait for the pool, or want
        one of the other kind, must not wait for what lies idle here."""
        pool = self._engine.pool
        return isinstance(pool, sa.QueuePool) and pool.checkedout() >= pool.size()

    def _open(self, *, read_only: bool) -> sa.Connection:
        if self._are_many():
            with suppress(IndexError):
                self._close(self._idle[not read_only].pop())
        if not self._places.acquire(timeout=at_most(self._usual)):
            raise sa.exc.TimeoutError("every connection is in use")
        try:
            connection = self._engine.connect()
            options: dict[str, Any] = {_READ_ONLY: read_only}
            if read_only and connection.dialect.name == "postgresql":
                options["isolation_level"] = "AUTOCOMMIT"
            return connection.execution_options(**options)
        except BaseException:
            self._places.release()
            raise


def _libpq() -> ModuleType:
    """Return what ends transactions on PostgreSQL; its driver is loaded only for that."""
    from provider.store import libpq

    return libpq


def hold(engine: sa.Engine, most: int = 32, usual: float = PATIENCE) -> sa.Engine:
    """Let an engine keep connections ready, until it is disposed of."""
    held = HeldConnections(engine, most, usual)
    engine.update_execution_options(**{_HELD: held})
    sa.event.listen(engine, "engine_disposed", lambda _engine: held.drop())
    return engine


def held_by(engine: sa.Engine) -> HeldConnections:
    """Return the connections an engine keeps ready."""
    held: HeldConnections | None = engine.get_execution_options().get(_HELD)
    return held_by(hold(engine)) if held is None else held


def is_read_only(connection: sa.Connection) -> bool:
    """Return whether a connection is of the kind that only reads."""
    return bool(connection.get_execution_options().get(_READ_ONLY, False))


def _is_alive(connection: sa.Connection) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    driver: Any = connection.connection.dbapi_connection
    if driver is None or driver.closed:
        return False
    watch = poll()
    watch.register(driver.fileno(), _GONE)
    return not watch.poll(0)
