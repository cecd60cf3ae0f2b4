"""Counters and one histogram of `prometheus_client`, in memory or, for several workers, in
files of a folder they share. An observation costs a few microseconds, and the
answers of an endpoint are one histogram by status, which counts them too."""

import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values

from provider.metrics import slot
from provider.metrics.metrics import Metrics
from provider.metrics.path_names import PathNames

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder; `signet serve` makes it for its workers."""

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class CountingMetrics(Metrics):
    """Counts, under the names that `path_names` gives to paths."""

    def __init__(self, path_names: PathNames) -> None:
        self._path_names = path_names
        self.registry = CollectorRegistry()
        answers = Histogram(
            "signet_answer_seconds",
            "Answers by endpoint and status, and how long they took.",
            ["endpoint", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._answers: Callable[[str, int], Histogram] = cache(answers.labels)
        self._issued = self._counter(
            "credentials_issued", "Credentials issued, by grant.", "grant", "credential"
        )
        self._refused = self._counter(
            "refusals", "Refusals by error code and reason.", "endpoint", "error", "reason"
        )
        self._events = self._counter("events", "Events of the audit trail.", "event")
        self._told = self._counter(
            "logout_attempts", "Attempts to tell a client of a logout.", "outcome"
        )
        self._removed = self._counter(
            "expired_rows_removed", "Expired rows that housekeeping removed.", "table"
        )

    def _counter(self, name: str, documentation: str, *labels: str) -> Callable[..., Counter]:
        counter = Counter(f"signet_{name}", documentation, labels, registry=self.registry)
        return cache(counter.labels)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count an answer, and how long it took."""
        self._answers(self._path_names.name(path), status).observe(seconds)

    def issued(self, grant: str, credentials: Iterable[str]) -> None:
        """Count credentials that were issued by a grant."""
        for credential in credentials:
            self._issued(grant, credential).inc()

    def refused(self, path: str, error: str, reason: str) -> None:
        """Count a refusal by its registered code, and by our reason where it has one."""
        self._refused(self._path_names.name(path), error, reason).inc()

    def happened(self, event: str) -> None:
        """Count an event of the audit trail."""
        self._events(event).inc()

    def told(self, outcome: str) -> None:
        """Count an attempt to tell a client of a logout."""
        self._told(outcome).inc()

    def removed(self, table: str, rows: int) -> None:
        """Count expired rows that housekeeping removed."""
        self._removed(table).inc(rows)


def share() -> None:
    """Let this process count in the folder, where there is one. Asked before anything counts."""
    if folder := os.environ.get(FOLDER):
        number = slot.take(Path(folder))
        values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]
