"""What `signet check` looked at and how it stands, with what to do about it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands, and what to do about it."""

    subject: str
    state: Literal["ok", "warn", "fail"]
    what: str
    fix: str = ""
