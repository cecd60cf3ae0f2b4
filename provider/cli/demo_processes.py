"""The demo's three processes, as in production each its own: started together, awaited
until all answer, and ended together, whatever ends the first. Each runs in a process
group of its own, so that nothing of it is left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from provider.cli.output import Failed

_START_WITHIN = 60.0
_STOP_WITHIN = 8.0
_PAUSE = 0.05
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    """One process to run: what to call it, how to start it and when it is ready."""

    title: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    health: str
    log: Path


@dataclass(frozen=True)
class Running:
    """A started process."""

    program: Program
    process: subprocess.Popen[bytes]

    def require_alive(self) -> None:
        """Raise Failed, with the last line of its log, where the process has ended."""
        if (code := self.process.poll()) is not None:
            lines = self.program.log.read_text("utf-8", "replace").strip().splitlines()
            last = f": {lines[-1].strip()}" if lines else ""
            raise Failed(
                f"{self.program.title} ended with code {code}{last} (see {self.program.log})"
            )

    def answers(self) -> bool:
        """Return whether it says that it is ready."""
        try:
            with urllib.request.urlopen(self.program.health, timeout=2) as response:  # noqa: S310 - http on loopback
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def running(programs: Sequence[Program]) -> Iterator[list[Running]]:
    """Start the programs, and end them all when the block ends."""
    started: list[Running] = []
    try:
        for program in programs:
            started.append(_start(program))
        yield started
    finally:
        _stop(started)


@contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """Collect Ctrl-C, SIGTERM and a closed terminal as one event."""
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, lambda _number, _frame: stopping.set())
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_until_ready(started: Sequence[Running], stopping: threading.Event) -> bool:
    """Wait until all answer. Return False where a stop was asked for. Raises Failed."""
    deadline = time.monotonic() + _START_WITHIN
    waiting = list(started)
    while waiting:
        for one in started:
            one.require_alive()
        waiting = [one for one in waiting if not one.answers()]
        if stopping.wait(_PAUSE if waiting else 0):
            return False
        if waiting and time.monotonic() > deadline:
            slow = waiting[0].program
            raise Failed(f"{slow.title} does not answer at {slow.health} (see {slow.log})")
    return True


def watch(started: Sequence[Running], stopping: threading.Event) -> None:
    """Return when a stop was asked for. Raises Failed when a process ends by itself."""
    while not stopping.wait(0.25):
        for one in started:
            one.require_alive()


def _start(program: Program) -> Running:
    with program.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            [sys.executable, *program.arguments],
            env=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Running(program, process)


def _stop(started: Sequence[Running]) -> None:
    deadline = time.monotonic() + _STOP_WITHIN
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
    for one in started:
        with suppress(subprocess.TimeoutExpired):
            one.process.wait(max(0.0, deadline - time.monotonic()))
        _kill_group(one.process.pid)
        one.process.wait()


def _kill_group(leader: int) -> None:
    """End what is left of a process group; usually nothing is."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
