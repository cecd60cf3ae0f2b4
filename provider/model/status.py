"""The status of issued tokens (draft-ietf-oauth-status-list-21 §6.1, §7.1): the place in a
status list that the access tokens of one authorization, or of one client, share, and what
can stand there. SUSPENDED can be taken back, INVALID can not."""

from dataclasses import dataclass

VALID, INVALID, SUSPENDED = 0, 1, 2
BITS = 2
"""Bits that one status takes in a list: enough for the three."""


@dataclass(frozen=True, slots=True)
class StatusPlace:
    """One entry of one list: the number of the list, and the index in it."""

    number: int
    index: int

    @classmethod
    def of(cls, number: int | None, index: int | None) -> "StatusPlace | None":
        """Return the place that two nullable columns name, if they do."""
        return None if number is None or index is None else cls(number, index)
