"""A problem with the settings, in two sentences for an operator: what is wrong and how
to put it right. Never repeats the value of a secret."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and its remedy."""

    what: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}. {self.fix}" if self.fix else self.what


class SettingsRefused(Exception):
    """The settings can not be used; `problems` holds every reason found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
