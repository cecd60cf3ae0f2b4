"""Asking the issuer without making anybody wait in line: attempts at one thing, one at a time, in
a daemon thread. Called by `issuer`, `issuer_keys` and `status_lists`.

Whoever has something good at hand begins one and goes on; whoever has nothing waits for the one
that runs, shares its outcome, and waits no longer than `PATIENCE` in all, whatever the network
does. When an attempt was made is taken after it: one that took longer than the pause would
otherwise be followed by the next at once.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TypeVar

from provider.resource_server.after_fork import renewed_after_fork
from provider.resource_server.ambient import Clock
from provider.resource_server.refusal import Unavailable

PATIENCE = 5.0
"""Seconds for which one request waits for the issuer in all, where nothing good is known."""

log = logging.getLogger(__name__)

Found = TypeVar("Found")
Attempt = Future[None]


class WouldWait(Exception):
    """An answer needs the network. `attempt` is what to wait for before asking again; None where
    only a thread of the caller's own can wait."""

    def __init__(self, attempt: Attempt | None = None) -> None:
        super().__init__()
        self.attempt = attempt


class Attempts:
    """Attempts to `act`, which tells its owner what came of it and raises nothing. `made`: how
    many have ended."""

    def __init__(self, act: Callable[[], None], clock: Clock) -> None:
        self.made = 0
        self._act = act
        self._clock = clock
        self._lock = threading.Lock()
        self._running: Attempt | None = None
        self._ended_at = float("-inf")
        renewed_after_fork(self)

    def renew(self) -> None:
        """Forget the attempt of the parent."""
        self._lock = threading.Lock()
        self._running = None

    def need(self, pause: float, made: int) -> None:
        """Have one made: raise WouldWait with the one that runs or a new one, Unavailable for
        want of a thread. Return where the last one ended less than `pause` seconds ago, so that
        nothing better is to be had now.

        `made`: how many had been made when the caller found that it has nothing; one that ended
        since then may have brought it, so the caller looks again.
        """
        with self._lock:
            if self.made != made:
                raise WouldWait(_ended())
            if not self._was_just_made(pause):
                raise WouldWait(self._running or self._begin())

    def begin_unless_just_made(self, pause: float) -> list[Attempt]:
        """Have one made in the background, where something good is at hand. Return what was
        begun: nothing within `pause` seconds of the last one, or for want of a thread."""
        with self._lock, suppress(Unavailable):
            if not self._was_just_made(pause):
                return [self._running or self._begin()]
        return []

    def _was_just_made(self, pause: float) -> bool:
        return 0 <= self._clock() - self._ended_at < pause

    def _begin(self) -> Attempt:
        attempt: Attempt = Future()
        thread = threading.Thread(
            target=self._run, args=(attempt,), name="signet-kit-fetch", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            raise Unavailable(f"no thread to ask the issuer: {error}") from None
        self._running = attempt
        return attempt

    def _run(self, attempt: Attempt) -> None:
        try:
            self._act()
        except Exception:
            log.exception("asking the issuer failed unexpectedly; it is tried again")
        finally:
            with self._lock:
                self.made += 1
                self._ended_at = self._clock()
                self._running = None
            attempt.set_result(None)


def _ended() -> Attempt:
    attempt: Attempt = Future()
    attempt.set_result(None)
    return attempt


def settled(act: Callable[[], Found], patience: float = PATIENCE) -> Found:
    """Return what `act` does once it need not wait any more. Raises Unavailable where that takes
    longer than `patience` seconds, and whatever else `act` raises."""
    ends_at = time.monotonic() + patience
    while True:
        try:
            return act()
        except WouldWait as wanted:
            if wanted.attempt is None:
                raise
            try:
                wanted.attempt.result(max(0.0, ends_at - time.monotonic()))
            except TimeoutError:
                raise Unavailable("the issuer has not answered yet") from None


def finished(attempts: list[Attempt]) -> None:
    """Wait until the attempts are over, no longer than `PATIENCE`."""
    wait(attempts, timeout=PATIENCE)
