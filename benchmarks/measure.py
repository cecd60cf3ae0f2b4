"""One measured round: the generator gets ready, the clocks are read, it works, the clocks are
read again. CPU time of every process of the subject is divided by the answers that were right;
preparation, warm-up and the verification of samples lie outside."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from benchmarks import processor
from benchmarks.load import Job
from benchmarks.subjects.subject import Subject

_PATIENCE = 120.0
"""Seconds the generator may take to prepare, or to verify."""


class Failed(Exception):
    """The load generator met a wrong answer, or none at all."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one round showed. CPU in milliseconds an answer, latencies in milliseconds."""

    answers: int
    per_second: float
    cpu: float
    cpu_database: float
    p50: float
    p99: float
    checks: int


class Generator:
    """The load generator's process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self, expected: str, patience: float) -> dict[str, Any]:
        """Return what the generator says next. Raises Failed."""
        try:
            line = self._lines.get(timeout=patience)
        except Empty:
            raise Failed(f"no word from the load generator in {patience:.0f} s") from None
        said = json.loads(line) if line else {"said": "nothing: it ended"}
        if said["said"] != expected:
            raise Failed(said.get("reason", f"the load generator said {said['said']}"))
        return dict(said)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")


@contextmanager
def generator() -> Iterator[Generator]:
    """Run a load generator for the length of the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield Generator(process)
    finally:
        process.kill()
        process.wait()


def measure(subject: Subject, job: Job, load: Generator) -> Round:
    """Run one scenario once. Raises Failed."""
    load.tell(json.dumps(job.to_json()))
    load.hear("ready", _PATIENCE)
    before = _used(subject)
    load.tell("go")
    done = load.hear("done", job.seconds + _PATIENCE)
    after = _used(subject)
    checks = load.hear("verified", _PATIENCE)["checks"]
    answers = int(done["answers"])
    spent = {role: (after[role] - before[role]) * 1000 / answers for role in after}
    return Round(
        answers=answers,
        per_second=answers / done["seconds"],
        cpu=sum(spent.values()),
        cpu_database=spent["database"],
        p50=done["p50"] * 1000,
        p99=done["p99"] * 1000,
        checks=checks,
    )


@contextmanager
def off_the_last_core() -> Iterator[None]:
    """Start what is started here on every core but the generator's."""
    cores = os.sched_getaffinity(0)
    if len(cores) > 1:
        os.sched_setaffinity(0, cores - {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _used(subject: Subject) -> dict[str, float]:
    return {role: processor.seconds(pids) for role, pids in subject.pids().items()}
