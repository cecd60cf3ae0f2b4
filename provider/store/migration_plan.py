"""What a migration will do to this very database, told before it is done: the statements of
each step, which table they work on and how many rows that has, what waits meanwhile, and for
about how long. On SQLite the steps are walked in an empty database in memory; on PostgreSQL
Alembic writes them down without running them. Asked by `signet migrate --plan`; it changes
nothing and locks nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import StringIO

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script

from migrations import revisions
from provider.store.migration import BREATH, FILLED_AT_ONCE, UnknownRevision, backfill_of, steps
from provider.store.revision import inspect
from provider.store.unit_of_work import Transaction, open_engine, outages

SCANNED = 300_000
"""Rows a second that an index or a constraint is made over, on a slow disk."""

WRITTEN = 50_000
"""Rows a second that are written anew, likewise."""

_MOMENT = "readers and writers of the table, for a moment"
_WRITERS = "writers of the table"
_EVERYBODY = "readers and writers of the table"
_ROWS = "writers of the same rows"
_SQLITE = "all writers"
_COUNTED_UP_TO = 100_000


@dataclass(frozen=True, kw_only=True)
class Work:
    """One statement: what it does to which table, how many rows that concerns, who waits. That
    long, or `in_batches` for a part of it at a time."""

    does: str
    table: str
    rows: int
    waits: str
    seconds: float
    in_batches: bool = False


@dataclass(frozen=True, kw_only=True)
class Step:
    """One revision and its work."""

    revision: str
    purpose: str
    work: list[Work]


@dataclass(frozen=True)
class _Kind:
    pattern: str
    does: str
    waits: str
    rate: int = 0


_NAME = r'"?(?P<table>\w+)"?'
_KINDS = (
    _Kind(rf"CREATE TABLE {_NAME}", "creates the table", "nobody"),
    _Kind(rf"CREATE (UNIQUE )?INDEX \S+ ON {_NAME}", "makes an index", _WRITERS, SCANNED),
    _Kind(rf"ALTER TABLE {_NAME} ADD CONSTRAINT", "checks a constraint", _WRITERS, SCANNED),
    _Kind(rf"ALTER TABLE {_NAME} ADD ", "adds a column", _MOMENT),
    _Kind(rf"ALTER TABLE {_NAME} ALTER .* TYPE", "rewrites the table", _EVERYBODY, WRITTEN),
    _Kind(rf"ALTER TABLE {_NAME} ALTER .* SET NOT NULL", "reads it all", _EVERYBODY, SCANNED),
    _Kind(rf"ALTER TABLE {_NAME} ", "changes the definition", _MOMENT),
    _Kind(rf"DROP TABLE {_NAME}", "drops the table", _MOMENT),
    _Kind(rf"INSERT \S+ \S+ .* FROM {_NAME}", "copies the rows", _EVERYBODY, WRITTEN),
    _Kind(rf"INSERT \S+ {_NAME} .*VALUES", "adds a row", "nobody"),
    _Kind(rf"(UPDATE|DELETE FROM) {_NAME}", "changes rows", _ROWS, WRITTEN),
)


def plan(url: str) -> list[Step]:
    """Return what is pending, oldest first. Raises UnknownRevision, StorageUnavailable."""
    engine = open_engine(url)
    try:
        with outages(), engine.connect() as connection:
            before = inspect(connection).revision
            if before not in (None, *revisions()):
                raise UnknownRevision(f"the database is at revision {before}")
            pending = steps(before, revisions()[-1])
            is_sqlite = connection.dialect.name == "sqlite"
            told = _walked(before, pending) if is_sqlite else _written(pending)
            return [
                Step(
                    revision=script.revision,
                    purpose=" ".join((script.doc or "").split()),
                    work=[
                        *_filling(connection, script),
                        *(
                            work
                            for statement in statements
                            if (work := _work(connection, statement)) is not None
                        ),
                    ],
                )
                for script, statements in zip(pending, told, strict=True)
            ]
    finally:
        engine.dispose()


def _filling(tx: Transaction, script: Script) -> Iterator[Work]:
    """Yield what is done to rows before a step is taken."""
    statement = backfill_of(script)
    if statement is not None and (work := _work(tx, statement)) is not None:
        pauses = work.rows / FILLED_AT_ONCE * BREATH
        yield replace(
            work, does="fills rows of", seconds=round(work.seconds + pauses, 1), in_batches=True
        )


def _written(pending: list[Script]) -> list[list[str]]:
    """Return the statements of each step as PostgreSQL would get them."""
    told = []
    for script in pending:
        buffer = StringIO()
        options = {"as_sql": True, "output_buffer": buffer}
        context = MigrationContext.configure(dialect_name="postgresql", opts=options)
        with Operations.context(context):
            script.module.upgrade()
        told.append([one.strip() for one in buffer.getvalue().split(";\n\n") if one.strip()])
    return told


def _walked(before: str | None, pending: list[Script]) -> list[list[str]]:
    """Return the statements of each step as they run in an empty SQLite database."""
    if not pending:
        return []
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    told: list[list[str]] = []
    current: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        current.append(statement.strip())

    sa.event.listen(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for script in steps(None, before):
                script.module.upgrade()
            for script in pending:
                current.clear()
                script.module.upgrade()
                told.append(list(current))
    engine.dispose()
    return told


def _work(tx: Transaction, statement: str) -> Work | None:
    """Return what a statement means for this database; None where it only looks."""
    flat = " ".join(statement.split())
    if flat.startswith(("SELECT", "PRAGMA")):
        return None
    for kind in _KINDS:
        if found := re.match(kind.pattern, flat):
            rows = _rows(tx, found["table"]) if kind.rate else 0
            return Work(
                does=kind.does,
                table=found["table"],
                rows=rows,
                waits=_SQLITE if tx.dialect.name == "sqlite" else kind.waits,
                seconds=round(rows / kind.rate, 1) if kind.rate else 0.0,
            )
    return Work(does=" ".join(flat.split()[:3]), table="", rows=0, waits="", seconds=0.0)


def _rows(tx: Transaction, table: str) -> int:
    """Return how many rows a table has: counted where they are few, else as PostgreSQL
    estimates them, so that asking does not read it all."""
    if not sa.inspect(tx).has_table(table):
        return 0
    if tx.dialect.name == "postgresql":
        ask = sa.text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")
        estimated = int(tx.scalar(ask, {"name": f'"{table}"'}) or 0)
        if estimated > _COUNTED_UP_TO:
            return estimated
    return int(tx.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0)
