"""Figures for people and for scripts: a table with the lowest round, which is the best estimate
of the true cost, and the median beside it; and every round as JSON with what it was measured
on."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.measure import Round

_PACKAGES = ("authlib", "cryptography", "granian", "joserfc", "psycopg", "sqlalchemy")
_COLUMNS = ("scenario", "CPU ms", "median", "database", "answers/s", "p50 ms", "p99 ms", "rounds")


@dataclass(frozen=True)
class Series:
    """The rounds of one scenario, of one subject on one database."""

    subject: str
    database: str
    scenario: str
    rounds: list[Round]

    @property
    def lowest(self) -> Round:
        return min(self.rounds, key=lambda one: one.cpu)

    def row(self) -> tuple[str, ...]:
        lowest = self.lowest
        return (
            self.scenario,
            f"{lowest.cpu:.3f}",
            f"{median(one.cpu for one in self.rounds):.3f}",
            f"{lowest.cpu_database:.3f}" if self.database != "sqlite" else "-",
            f"{max(one.per_second for one in self.rounds):.0f}",
            f"{min(one.p50 for one in self.rounds):.2f}",
            f"{min(one.p99 for one in self.rounds):.2f}",
            str(len(self.rounds)),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "database": self.database,
            "scenario": self.scenario,
            "cpu_ms_lowest": self.lowest.cpu,
            "cpu_ms_median": median(one.cpu for one in self.rounds),
            "rounds": [asdict(one) for one in self.rounds],
        }


def table(series: Sequence[Series]) -> str:
    """Return a table for each subject and database."""
    parts = []
    for subject, database in dict.fromkeys((one.subject, one.database) for one in series):
        rows = [one.row() for one in series if (one.subject, one.database) == (subject, database)]
        parts.append(f"\n{subject} on {database}\n{aligned([_COLUMNS, *rows])}")
    return "\n".join(parts)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as text: the first column to the left, figures to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def document(
    series: Sequence[Series], subjects: Mapping[str, str], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return everything that was measured, and on what; `subjects` with their versions."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "kernel": platform.release(),
            "load_average": os.getloadavg(),
        },
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "subjects": dict(subjects),
        "options": dict(options),
        "series": [one.to_json() for one in series],
    }
