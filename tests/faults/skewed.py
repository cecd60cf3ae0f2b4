"""A node whose clock is wrong: `signet serve` in all but the time, which `TEST_SKEW` shifts
by seconds. Started by `test_nodes`."""

import os
from typing import Any

from provider.ambient import SystemClock
from provider.settings import load


class ShiftedClock:
    """The machine's clock, so many seconds ahead."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def now(self) -> int:
        """Return seconds since the epoch, as this node believes."""
        return SystemClock().now() + self._seconds


def create_app() -> Any:
    """Build the application of one worker."""
    from provider.app import create_app as create

    return create(load(), clock=ShiftedClock(int(os.environ["TEST_SKEW"])))


def main() -> None:
    """Serve."""
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "tests.faults.skewed:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address="127.0.0.1",
        port=int(os.environ["SIGNET_PORT"]),
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
