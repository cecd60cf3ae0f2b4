"""Walking a database from one revision to another with Alembic. Asked by `signet migrate`.
A walk is one transaction that holds a lock, so two processes that start it together do it
once and a failure leaves the schema as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from migrations import revisions
from provider.store.revision import inspect
from provider.store.unit_of_work import open_engine, outages

_PATIENCE = 300
"""Seconds to wait for another process that is walking the same database."""

_LOCK = 0x5167_6E65_7400
"""An arbitrary number for PostgreSQL's advisory lock."""


class UnknownRevision(Exception):
    """There is no such step."""


class BrokenReference(Exception):
    """A step would leave a row without the one it refers to."""


def migrate(url: str, revision: str = "head") -> tuple[str | None, str | None]:
    """Walk the database at `url` up or down to `revision` ("head", "base", a number).

    Return where it was and where it is now. Raises UnknownRevision where the wanted or
    the present revision is not one of ours, StorageUnavailable where nobody answers.
    """
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
        walk = command.upgrade if known.index(target) >= known.index(before) else command.downgrade
        walk(config, target or "base")
        _check_references(connection)
        connection.commit()
        return before, target


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
