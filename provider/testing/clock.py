"""A clock that a test moves; it takes the place of `ambient.SystemClock`."""

START = 1_800_000_000
"""The second at which a clock stands that nobody set."""


class SettableClock:
    """A clock that stands still until `advance` moves it."""

    def __init__(self, start: int = START) -> None:
        self._now = start

    def now(self) -> int:
        """Return seconds since the epoch, UTC."""
        return self._now

    def advance(self, seconds: int) -> int:
        """Let time pass, or with a negative number let the clock be set back. Return the time."""
        self._now += seconds
        return self._now

    def advance_past(self, moment: int) -> int:
        """Let time pass until a second after `moment` (an `exp`). Return the time."""
        self._now = max(self._now, moment + 1)
        return self._now
