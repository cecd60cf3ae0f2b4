"""A process that sends what the outbox holds, as one of several on the same database. It reads a
line with its settings and the second at which its clock stands, says `ready`, waits for another
line, sends until nothing is due, and says how many attempts it made.
"""

import json
import subprocess
import sys
from pathlib import Path

from provider import logs
from provider.app import create_provider
from provider.logout.delivery import deliver_due
from provider.settings import Settings
from tests.support.clock import SettableClock

CHECKOUT = Path(__file__).parents[2]
PATIENCE = 30
"""Seconds it waits for a receiver."""


class CourierProcess:
    """One such process, started and ready."""

    def __init__(self, settings: Settings, at: int) -> None:
        assert settings.secret_key is not None
        told = {
            "issuer": settings.issuer,
            "secret_key": settings.secret_key.get_secret_value(),
            "database_url": settings.database_url,
            "outgoing": {
                "allow_hosts": list(settings.outgoing.allow_hosts),
                "ca_file": str(settings.outgoing.ca_file),
                "timeout": PATIENCE,
            },
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.courier"],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._tell(json.dumps([told, at]))

    def wait_ready(self) -> None:
        """Wait until it has been assembled."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def go(self) -> None:
        """Let it send."""
        self._tell("go")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def send(self) -> int:
        """Let it send all that is due. Return how many attempts it made."""
        self.wait_ready()
        self.go()
        return self.attempts()

    def attempts(self) -> int:
        """Wait until it has ended. Return how many attempts it made."""
        said, trouble = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, trouble
        return int(said)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self._process.kill()
        self._process.communicate()


def run() -> None:
    """Be such a process."""
    logs.configure("error")
    told, at = json.loads(sys.stdin.readline())
    provider = create_provider(Settings(**told), clock=SettableClock(at))
    _say("ready")
    sys.stdin.readline()
    attempts = 0
    while made := deliver_due(provider):
        attempts += made
    provider.engine.dispose()
    _say(str(attempts))


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run()
