"""The two impurities: time and randomness. `create_app` takes both, so a test
states a time and gets exact numbers; nothing else in `provider` may read a
clock or draw random bytes (the linter forbids it). What ends after a while within
this process is measured in `Ticks`, which nobody sets back."""

import secrets
import time
from base64 import b32encode, urlsafe_b64encode
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> int:
        """Return seconds since the epoch, UTC."""
        ...


class Ticks(Protocol):
    """Measures how long something takes, whatever the clock says meanwhile."""

    def monotonic(self) -> float:
        """Return seconds since a moment that stays the same in this process."""
        ...


class Entropy(Protocol):
    """Draws unpredictable bytes."""

    def token_bytes(self, length: int) -> bytes:
        """Return `length` bytes that nobody can guess."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Return seconds since the epoch, UTC."""
        return int(time.time())


class SystemTicks:
    """The machine's count of seconds since it was started."""

    def monotonic(self) -> float:
        """Return seconds since a moment that stays the same in this process."""
        return time.monotonic()


class SystemEntropy:
    """The operating system's generator."""

    def token_bytes(self, length: int) -> bytes:
        """Return `length` bytes that nobody can guess."""
        return secrets.token_bytes(length)


def typeable_identifier(entropy: Entropy) -> str:
    """Return a name that people type: 128 random bits in small letters and digits."""
    return b32encode(entropy.token_bytes(16)).rstrip(b"=").decode().lower()


def identifier(entropy: Entropy) -> str:
    """Return a new name for a record: 128 random bits, base64url without padding."""
    return urlsafe_b64encode(entropy.token_bytes(16)).rstrip(b"=").decode()
