"""Walking a database from one revision to another with Alembic. Asked by `signet migrate`.
A walk is one transaction that holds a lock, so two processes that start it together do it
once and a failure leaves the schema as it was. While others serve, a walk on PostgreSQL waits
for a table no longer than requests may wait behind it, and steps back to let them pass.

A step that has to fill many rows states `BACKFILL`: one UPDATE of at most `:limit` rows that
lack what it gives them. It is repeated, each time in a transaction of its own, until it finds
fewer, and only then is the step taken. Whoever is interrupted goes on with what is still
lacking. Choice: it is SQL, because a step must not change its meaning with our code."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from time import sleep

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from migrations import revisions
from provider.store.revision import inspect
from provider.store.unit_of_work import StorageUnavailable, open_engine, outages

_PATIENCE = 300
"""Seconds to wait for another process that is walking the same database."""

_TABLE_PATIENCE = 1
"""Seconds to wait for a table that requests use; requests that come later wait as long."""

_PAUSES = (0.1, 0.2, 0.5, *[1] * 60)
"""Seconds between walks that stepped back."""

FILLED_AT_ONCE = 1000
"""Rows that one transaction of a backfill fills at most."""

BREATH = 0.05
"""Seconds between two of those, in which others write."""

_IN_THE_WAY = frozenset({"40P01", "55P03"})
"""PostgreSQL's deadlock_detected and lock_not_available."""

_LOCK = 0x5167_6E65_7400
"""An arbitrary number for PostgreSQL's advisory lock."""


class UnknownRevision(Exception):
    """There is no such step."""


class StepFailed(Exception):
    """A step asks for what the rows of this database do not allow."""


class BrokenReference(Exception):
    """A step would leave a row without the one it refers to."""


def migrate(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Walk the database at `url` up or down to `revision` ("head", "base", a number).

    Return where it was and where it is now. Raises UnknownRevision where the wanted or
    the present revision is not one of ours, StepFailed, BrokenReference, StorageUnavailable
    where nobody answers or requests hold a table for more than a minute.
    """
    before, after, is_there = _walk_patiently(url, revision)
    while not is_there:
        sleep(BREATH)
        _, after, is_there = _walk_patiently(url, revision)
    return before, after


def steps(after: str | None, target: str | None) -> list[Script]:
    """Return the steps from one revision up to another, oldest first."""
    scripts = ScriptDirectory.from_config(configuration())
    known = [None, *revisions()]
    wanted = known[known.index(after) + 1 : known.index(target) + 1]
    return [scripts.get_revision(one) for one in wanted if one is not None]


def backfill_of(step: Script) -> str | None:
    """Return the statement that fills rows before a step is taken, if it has one."""
    return getattr(step.module, "BACKFILL", None)


def _walk_patiently(url: str, revision: str) -> tuple[str | None, str | None, bool]:
    for pause in _PAUSES:
        try:
            return _walk(url, revision)
        except StorageUnavailable as error:
            if not _is_in_the_way(error):
                raise
            sleep(pause)
        except sa.exc.DBAPIError as error:
            raise StepFailed(str(error.orig).partition("\n")[0]) from error
    return _walk(url, revision)


def _is_in_the_way(error: StorageUnavailable) -> bool:
    """Tell whether the walk was undone because others held what it needs."""
    driver_error = getattr(error.__cause__, "orig", None)
    return getattr(driver_error, "sqlstate", None) in _IN_THE_WAY


def _walk(url: str, revision: str) -> tuple[str | None, str | None, bool]:
    """Walk as far as one transaction goes; return from where, to where, and if that is all."""
    with outages(), migration_connection(url) as connection:
        before = inspect(connection).revision
        known = [None, *revisions()]
        if before not in known:
            raise UnknownRevision(f"the database is at revision {before}, which is not known here")
        target = {"head": known[-1], "base": None}.get(revision, revision)
        if target not in known:
            raise UnknownRevision(f"there is no revision {revision}")
        config = configuration()
        config.attributes["connection"] = connection
        if known.index(target) < known.index(before):
            after = target
            command.downgrade(config, target or "base")
        elif (after := _filled_up_to(connection, before, target)) != before:
            command.upgrade(config, str(after))
        if after != before:
            _check_references(connection)
        connection.commit()
        return before, after, after == target


def _filled_up_to(connection: sa.Connection, before: str | None, target: str | None) -> str | None:
    """Return the step up to which rows have what they need, after filling a few of the first."""
    ready = before
    for step in steps(before, target):
        if (statement := backfill_of(step)) is not None:
            if ready != before:
                break
            done = connection.execute(sa.text(statement), {"limit": FILLED_AT_ONCE})
            if done.rowcount == FILLED_AT_ONCE:
                break
        ready = step.revision
    return ready


@contextmanager
def migration_connection(url: str) -> Iterator[sa.Connection]:
    """Open a connection fit for changing the schema, in a locked transaction.

    SQLite can only change a table by copying it; foreign keys are off meanwhile, or
    dropping the old copy would delete every row that refers to it.
    """
    engine = open_engine(url, patience=_PATIENCE)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                driver = connection.connection.driver_connection
                driver.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
                connection.begin()
            else:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_TABLE_PATIENCE}s'"))
            yield connection
    finally:
        engine.dispose()


def configuration() -> Config:
    """Return Alembic's configuration for the package `migrations`, wherever it lies."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _check_references(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise BrokenReference(f"a row of {broken[0]} would refer to nothing")
