"""The tables and the tests say the same."""

import re
from pathlib import Path

import pytest

from tests.specs.conformance.plans import ROWS, RULES, row_of


def written(pattern: str) -> list[str]:
    """Return what the names of the tests here say, as far as they match."""
    return [
        name
        for file in sorted(Path(__file__).parent.glob("test_*.py"))
        for name in re.findall(rf"^def test_({pattern})", file.read_text(), re.MULTILINE)
    ]


def test_every_row_has_a_test_and_every_test_a_row() -> None:
    assert sorted(str(row_of(name)) for name in written(r"oidcc_\w+")) == sorted(ROWS)


@pytest.mark.parametrize("part", RULES)
def test_every_rule_has_a_test_and_every_test_a_rule(part: str) -> None:
    assert set(written(rf"{part}_\d+(?=_)")) == {
        f"{part}_{number:02}" for number in range(1, len(RULES[part]) + 1)
    }
