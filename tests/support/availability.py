"""What a test cannot do without, and what happens where it is absent.

A pytest plugin, loaded by `tests/conftest.py`. A test says `@pytest.mark.needs("postgresql")`, or
asks for a fixture that needs it. Where the program is absent the test is left out, and the closing
summary names it and the way to install what it needs; with `SIGNET_REQUIRE_ALL=1`, as in CI, it
fails instead. Deselected rather than skipped: a skip looks like a decision of the test's author.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support import chromium, postgres

LEFT_OUT = pytest.StashKey[dict[str, str]]()
MISSING = pytest.StashKey[str]()
INTEROP = Path(__file__).parents[1] / "interop" / "node_modules" / "openid-client"


@dataclass(frozen=True)
class Program:
    """A program that tests look for, the fixtures that start it, and how to get it."""

    title: str
    present: Callable[[], bool]
    install: str
    fixtures: frozenset[str] = frozenset()


PROGRAMS = {
    "chromium": Program(
        "Chromium",
        lambda: chromium.find() is not None,
        "apt-get install chromium, or any Chrome on the PATH",
        frozenset({"browser", "page"}),
    ),
    "npm": Program(
        "the npm packages of tests/interop",
        lambda: shutil.which("node") is not None and INTEROP.is_dir(),
        "make interop, with Node.js 20 or newer and npm",
    ),
    "proc": Program(
        "a system that lists the children of a process",
        lambda: Path("/proc/thread-self/children").exists(),
        "Linux",
    ),
    "postgresql": Program(
        "PostgreSQL 15 or newer",
        lambda: postgres.EXISTING in os.environ or postgres.find() is not None,
        f"apt-get install postgresql, or set {postgres.EXISTING} to a server's URL",
        frozenset({"postgres", "postgres_database"}),
    ),
}


@cache
def _present(name: str) -> bool:
    return PROGRAMS[name].present()


def _needs(item: pytest.Item) -> set[str]:
    """Name what an item needs, by its markers and by the fixtures it asks for."""
    marked = {str(name) for marker in item.iter_markers("needs") for name in marker.args}
    if unknown := marked - PROGRAMS.keys():
        raise pytest.UsageError(
            f"{item.nodeid}: needs({', '.join(sorted(unknown))}) is unknown;"
            f" known: {', '.join(sorted(PROGRAMS))}"
        )
    asked = set(getattr(item, "fixturenames", ()))
    return marked | {name for name, program in PROGRAMS.items() if program.fixtures & asked}


def pytest_configure(config: pytest.Config) -> None:
    """Start with nothing left out."""
    config.stash[LEFT_OUT] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests that cannot run here, or mark them to fail."""
    kept: list[pytest.Item] = []
    taken_out: list[pytest.Item] = []
    for item in items:
        missing = [PROGRAMS[name] for name in sorted(_needs(item)) if not _present(name)]
        if not missing:
            kept.append(item)
            continue
        why = "; ".join(f"needs {program.title}: {program.install}" for program in missing)
        item.stash[MISSING] = why
        if os.environ.get("SIGNET_REQUIRE_ALL") == "1":
            kept.append(item)
        else:
            taken_out.append(item)
            config.stash[LEFT_OUT][item.nodeid] = why
    if taken_out:
        config.hook.pytest_deselected(items=taken_out)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose program is absent although everything is required."""
    if (why := item.stash.get(MISSING, None)) is not None:
        pytest.fail(f"left out, but SIGNET_REQUIRE_ALL=1 ({why})", pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a parallel worker left out to the process that reports."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a parallel worker left out."""
    node.config.stash[LEFT_OUT].update(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name every test that was left out and why."""
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.section("left out on this machine")
        for nodeid, why in sorted(left_out.items()):
            terminalreporter.write_line(f"left out: {nodeid} ({why})", yellow=True)
