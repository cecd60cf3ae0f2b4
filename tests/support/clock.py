"""The two impurities under a test's control: a clock that stands still until it is told to move,
and random bytes that are the same in every run. Both take the places of `provider.ambient`.
"""

from hashlib import sha256

from provider.testing.clock import START, SettableClock

__all__ = ["START", "CountingEntropy", "SettableClock"]


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
