"""What tests about tokens want to see beyond the wire: the statements a request runs, the audit
trail, all that is at rest, and what happens when many ask at the same moment.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import sqlalchemy as sa

from provider.context import Provider
from provider.store.events import Event
from provider.store.schema import event, metadata, refusal
from provider.store.unit_of_work import transaction

T = TypeVar("T")
PATIENCE = 30
"""Seconds until a race is called stuck."""


@contextmanager
def statements(provider: Provider) -> Iterator[list[str]]:
    """Collect the statements that run in a block; beginning and ending a transaction are none."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            seen.append(" ".join(statement.split()))

    engines = (provider.engine, provider.looks)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", note)


def tables_of(statements_run: list[str]) -> set[str]:
    """Return which tables statements touch, apart from the keys every process looks after."""
    plain = " ".join(statements_run).replace(".", " ").replace('"', "")
    return (set(metadata.tables) & set(plain.split())) - {"key"}


def events(provider: Provider, name: str) -> list[Event]:
    """Return the events of one name, oldest first."""
    facts = [column for column in event.c if column is not event.c.id]
    query = sa.select(*facts).where(event.c.name == name).order_by(event.c.id)
    with transaction(provider.engine, read_only=True) as tx:
        return [Event(**row._mapping) for row in tx.execute(query)]


def refused(provider: Provider) -> dict[str, int]:
    """Return how often what was refused in the windows that are open, by the event's name."""
    times = sa.func.sum(refusal.c.times)
    query = sa.select(refusal.c.name, times).group_by(refusal.c.name)
    with transaction(provider.engine, read_only=True) as tx:
        return {name: int(count) for name, count in tx.execute(query)}


def row_counts(provider: Provider) -> dict[str, int]:
    """Return how many rows each table has."""
    with transaction(provider.engine, read_only=True) as tx:
        return {
            table.name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def at_rest(provider: Provider) -> bytes:
    """Return everything that is at rest: every value of every table, and SQLite's files."""
    found: list[bytes] = []
    with transaction(provider.engine, read_only=True) as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(sa.select(table)):
                found += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    if file := provider.settings.database_file:
        own = [f"{file}{suffix}" for suffix in ("", "-wal", "-shm")]
        found += [Path(one).read_bytes() for one in own if Path(one).exists()]
    return b"\n".join(found)


def at_once(act: Callable[[], T], times: int) -> list[T]:
    """Do one thing `times` times at the same moment, each in a thread of its own."""
    barrier = Barrier(times, timeout=PATIENCE)

    def run() -> T:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(times) as threads:
        running = [threads.submit(run) for _ in range(times)]
        return [one.result(PATIENCE) for one in running]
