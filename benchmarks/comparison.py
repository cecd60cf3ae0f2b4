"""Subjects beside each other: for each database and scenario what one answer costs each of them,
and what share that is of another's cost. The lowest round of each is taken, because it is the
best estimate of the true cost; the rounds alternated, so both had the same machine. Read from the
document that `report` writes, so that a table can be printed again."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.report import aligned

YARDSTICK = "oidc-provider"
"""The subject that the others are measured by."""


def comparison(document: Mapping[str, Any], *, markdown: bool = False) -> str:
    """Return a table for each database on which the yardstick ran; empty where it did not."""
    series = document["series"]
    tables = []
    for database in dict.fromkeys(one["database"] for one in series):
        costs = {
            (one["subject"], one["scenario"]): float(one["cpu_ms_lowest"])
            for one in series
            if one["database"] == database
        }
        if rows := _rows(costs):
            table = _markdown(rows) if markdown else aligned(rows)
            tables.append(f"\nCPU ms of one answer on {database}\n\n{table}")
    return "\n".join(tables)


def _rows(costs: Mapping[tuple[str, str], float]) -> list[tuple[str, ...]]:
    subjects = list(dict.fromkeys(subject for subject, _ in costs))
    if YARDSTICK not in subjects or len(subjects) == 1:
        return []
    others = [subject for subject in subjects if subject != YARDSTICK]
    heading = ("scenario", YARDSTICK, *(cell for one in others for cell in (one, "share")))
    rows = [heading]
    for scenario in dict.fromkeys(scenario for _, scenario in costs):
        base = costs[YARDSTICK, scenario]
        cells = [scenario, f"{base:.3f}"]
        for subject in others:
            own = costs[subject, scenario]
            cells += [f"{own:.3f}", f"{own / base:.2f}"]
        rows.append(tuple(cells))
    return rows


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    rule = "| --- |" + " ---: |" * (len(rows[0]) - 1)
    return "\n".join([lines[0], rule, *lines[1:]])
