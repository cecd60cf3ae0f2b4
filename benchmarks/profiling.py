"""Where the time of one scenario goes: the application is called in this process, without a
server, once plainly for its true cost and once under a profiler, which makes calls look dearer
than they are. The SQL statements of a request are counted by listening to the engine."""

import cProfile
import os
import pstats
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import flask
import sqlalchemy as sa

from benchmarks.agent import Agent
from benchmarks.report import aligned
from benchmarks.scenarios import SCENARIOS
from benchmarks.subjects.signet import Signet
from benchmarks.subjects.subject import Conditions
from benchmarks.transport import InProcess
from provider import logs
from provider.app import create_app

_ROOT = str(Path(__file__).parent.parent)
_WARM_UP = 20
_TO_MICROSECONDS = 1e6


class Observer:
    """What is seen while the application answers, request by request."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.statements: dict[str, Counter[str]] = defaultdict(Counter)
        self.profiler: cProfile.Profile | None = None
        self._current: str | None = None

    def around(self, what: str, call: Callable[[], bytes]) -> bytes:
        """Run one request of the application."""
        self._current = what
        if self.profiler is not None:
            self.profiler.enable()
        before = time.process_time()
        try:
            return call()
        finally:
            self.seconds[what].append(time.process_time() - before)
            if self.profiler is not None:
                self.profiler.disable()
            self._current = None

    def note(self, statement: str) -> None:
        if self._current is not None:
            self.statements[self._current][" ".join(statement.split())] += 1

    def forget(self) -> None:
        self.seconds.clear()
        self.statements.clear()


def profile(scenario: str, database: str, alg: str, requests: int, top: int) -> None:
    """Print where the time of a scenario goes."""
    subject = Signet(Conditions(database, alg))
    with subject.ending as ending:
        settings, deployment = subject.arrange()
        ending.enter_context(_log_nowhere())
        logs.configure(settings.log_level, settings.log_format)
        app = create_app(settings)
        observer = Observer()
        agent = Agent(deployment, InProcess(app.wsgi_app, observer.around))
        with _listening(app, observer):
            step = SCENARIOS[scenario](agent, 2 * requests + _WARM_UP)
            _repeat(step, _WARM_UP)
            observer.forget()
            _repeat(step, requests)
            _print_plain(scenario, database, observer, requests)
            observer.forget()
            observer.profiler = cProfile.Profile(time.process_time)
            _repeat(step, requests)
        _print_profile(observer.profiler, requests, top)
        for check in agent.later:
            check()


@contextmanager
def _log_nowhere() -> Iterator[None]:
    """Let log lines be written, which costs what it costs, but not seen."""
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        yield


def _repeat(step: Callable[[], None], times: int) -> None:
    for _ in range(times):
        step()


@contextmanager
def _listening(app: flask.Flask, observer: Observer) -> Iterator[None]:
    engine: sa.Engine = app.extensions["signet"].engine

    def executing(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        observer.note(statement)

    def committing(_connection: Any) -> None:
        observer.note("COMMIT")

    sa.event.listen(engine, "before_cursor_execute", executing)
    sa.event.listen(engine, "commit", committing)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", executing)
        sa.event.remove(engine, "commit", committing)
        engine.dispose()


def _print_plain(scenario: str, database: str, observer: Observer, requests: int) -> None:
    print(f"{scenario} on {database}, in process, {requests} answers, without a profiler")
    for what, seconds in observer.seconds.items():
        ordered = sorted(seconds)
        middle, least = ordered[len(ordered) // 2] * 1000, ordered[0] * 1000
        print(f"\n{what}: {middle:.3f} ms CPU (median; lowest {least:.3f})")
        for statement, times in observer.statements[what].most_common():
            print(f"  {times / len(seconds):5.2f} x  {_shortened(statement)}")


def _shortened(statement: str, longest: int = 150) -> str:
    return statement if len(statement) <= longest else statement[: longest - 1] + "…"


def _print_profile(profiler: cProfile.Profile, requests: int, top: int) -> None:
    rows: dict[tuple[str, int, str], tuple[Any, ...]]
    rows = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    rooms: Counter[str] = Counter()
    for (path, _, name), (_, _, own, _, _) in rows.items():
        rooms[_room(path, name)] += own
    total = sum(rooms.values())
    print("\nUnder a profiler, by room (own time)")
    shares = [(room, f"{own / total:.1%}") for room, own in rooms.most_common(top)]
    print(aligned(shares))
    for title, column in (("own time", 2), ("time with everything called", 3)):
        print(f"\nBy {title} (microseconds and calls an answer)")
        dearest = sorted(rows.items(), key=lambda item: item[1][column], reverse=True)
        print(
            aligned(
                [
                    (
                        _name(*where),
                        f"{figures[column] / requests * _TO_MICROSECONDS:.1f}",
                        f"{figures[1] / requests:.2f}",
                    )
                    for where, figures in dearest[:top]
                ]
            )
        )


def _room(path: str, name: str) -> str:
    if path.startswith(("~", "<")):
        return f"built in: {name.strip('<>')[:60]}"
    inner = path.partition("site-packages/")[2]
    if inner:
        return inner.partition("/")[0]
    if path.startswith(_ROOT):
        return "/".join(Path(path).relative_to(_ROOT).parts[:2])
    return "standard library"


def _name(path: str, line: int, name: str) -> str:
    if path.startswith("~"):
        return name[:80]
    inner = path.partition("site-packages/")[2] or path.removeprefix(_ROOT + "/")
    return f"{inner}:{line} {name}"
