"""The two impurities under a test's control: a clock that stands still until it is told to move,
and random bytes that are the same in every run. Both take the places of `provider.ambient`.
"""

from hashlib import sha256

START = 1_800_000_000
"""The second at which every test begins, and at which the keys of the template were made."""


class SettableClock:
    """A clock that moves only by `advance`."""

    def __init__(self, start: int = START) -> None:
        self._now = start

    def now(self) -> int:
        """Return seconds since the epoch, UTC."""
        return self._now

    def advance(self, seconds: int) -> int:
        """Let time pass, or with a negative number let the clock be set back. Return the time."""
        self._now += seconds
        return self._now


class CountingEntropy:
    """Bytes that follow from a seed and a counter: no two draws are equal, all runs are."""

    def __init__(self, seed: str = "signet") -> None:
        self._seed = seed.encode()
        self._drawn = 0

    def token_bytes(self, length: int) -> bytes:
        """Return the next `length` bytes."""
        drawn = b""
        while len(drawn) < length:
            self._drawn += 1
            drawn += sha256(self._seed + self._drawn.to_bytes(8, "big")).digest()
        return drawn[:length]
