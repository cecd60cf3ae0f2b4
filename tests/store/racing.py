"""Threads that do one thing at the same moment, as the processes of a server would: each in a
transaction of its own, on several engines so that none waits for another's connection pool."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle
from threading import Barrier
from typing import TypeVar

import sqlalchemy as sa

from provider.store.unit_of_work import Engine, Transaction, open_engine, transaction

T = TypeVar("T")
Act = Callable[[Transaction], T]

PATIENCE = 30
"""Seconds until a race is called stuck."""


@contextmanager
def processes(url: str, count: int = 4) -> Iterator[list[Engine]]:
    """Open as many engines on one database as there would be processes."""
    with ExitStack() as stack:
        engines = [open_engine(url, patience=PATIENCE) for _ in range(count)]
        for engine in engines:
            stack.callback(engine.dispose)
        yield engines


def race(url: str, acts: Sequence[Act[T]]) -> list[T]:
    """Do all `acts` at once and return what each returned, in their order."""
    barrier = Barrier(len(acts), timeout=PATIENCE)

    def run(engine: Engine, act: Act[T]) -> T:
        barrier.wait()
        with transaction(engine) as tx:
            return act(tx)

    with processes(url) as engines, ThreadPoolExecutor(len(acts)) as threads:
        running = [threads.submit(run, *pair) for pair in zip(cycle(engines), acts, strict=False)]
        return [one.result(PATIENCE) for one in running]


class Between:
    """Lets another process act at one moment in the middle of a transaction on `engine`."""

    def __init__(self, engine: Engine, other: Engine) -> None:
        self.engine = engine
        self._other = other

    def statements(self, verb: str, act: Act[object]) -> None:
        """Do `act` elsewhere just before the next statement that begins with `verb`."""

        waiting = [act]

        def interrupt(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if waiting and statement.startswith(verb):
                with transaction(self._other) as tx:
                    waiting.pop()(tx)

        sa.event.listen(self.engine, "before_cursor_execute", interrupt)
