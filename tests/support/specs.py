"""Which requirement is proven by which tests: `pytest --specs`, or `make specs`.

A pytest plugin, loaded by `tests/conftest.py`. Requirements are written as the OpenID conformance
suite writes them (`RFC6749-4.1.3`, `OIDCC-3.1.2.1`) in `@pytest.mark.spec`. The gaps are the
sections that the source cites and no test is tagged with; a tag for a subsection closes the gap of
its section.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

SOURCES = ("provider", "client_demo")

# How the source writes a specification, and the prefix of its tags.
PREFIXES = {
    r"RFC (\d{4})": r"RFC\1",
    r"OpenID Connect Core": "OIDCC",
    r"OpenID Connect Discovery": "OIDCD",
    r"OpenID Connect RP-Initiated Logout": "OIDCRPL",
    r"OpenID Connect Front-Channel Logout": "OIDCFC",
    r"OpenID Connect Back-Channel Logout": "OIDCBC",
    r"OpenID Connect Session Management": "OIDCSM",
    r"draft-ietf-oauth-status-list-\d\d": "TSL",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that prints the table instead of running tests."""
    parser.addoption(
        "--specs", action="store_true", help="print requirement, tests and gaps; run nothing"
    )


def tagged(items: list[pytest.Item]) -> dict[str, set[str]]:
    """Return the tests of every requirement."""
    table: dict[str, set[str]] = defaultdict(set)
    for item in items:
        for marker in item.iter_markers("spec"):
            for requirement in marker.args:
                table[str(requirement)].add(item.nodeid.partition("[")[0])
    return table


def cited(root: Path) -> dict[str, set[str]]:
    """Return the files that cite each requirement."""
    table: dict[str, set[str]] = defaultdict(set)
    for file in sorted(path for source in SOURCES for path in (root / source).rglob("*.py")):
        text = " ".join(file.read_text().split())
        for written, prefix in PREFIXES.items():
            for match in re.finditer(rf"{written}(?: \d\.\d)? §(\d+(?:\.\d+)*)", text):
                requirement = f"{match.expand(prefix)}-{match.group(match.lastindex or 1)}"
                table[requirement].add(str(file.relative_to(root)))
    return table


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Print the table."""
    if not session.config.option.specs:
        return
    proven = tagged(session.items)
    gaps = {
        requirement: files
        for requirement, files in cited(session.config.rootpath).items()
        if not any(f"{tag}.".startswith(f"{requirement}.") for tag in proven)
    }
    _table("Requirements and their tests", proven)
    _table("Cited in the source, without a test", gaps)


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run nothing when only the table was asked for."""
    return True if session.config.option.specs else None


def _table(title: str, rows: dict[str, set[str]]) -> None:
    lines = [f"{title}: {len(rows)}"]
    for requirement in sorted(rows, key=_order):
        first, *others = sorted(rows[requirement])
        lines += [f"  {requirement:<20} {first}", *(f"  {'':<20} {other}" for other in others)]
    print("", *lines, sep="\n")  # noqa: T201  the table is the command's output


def _order(requirement: str) -> tuple[str, list[int]]:
    spec, _, section = requirement.partition("-")
    return spec, [int(number) for number in re.findall(r"\d+", section)]
