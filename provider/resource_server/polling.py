"""The daemon thread that keeps keys and status lists fresh, so that requests do not wait for them.
Started by `verifier` with the first token, and again where a fork left it behind.
"""

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

from provider.resource_server.after_fork import renewed_after_fork

_LONGEST_SLEEP = 1.0
"""Seconds: a clock that was set is noticed within this time."""
_SHORTEST_SLEEP = 0.05

log = logging.getLogger(__name__)


class Poller:
    """A thread that calls `poll` of its owner whenever `pause` has passed.

    `pause` returns the seconds to sleep. The thread ends with `close`, or when its owner is
    no longer used by anyone.
    """

    def __init__(self, poll: Callable[[], None], pause: Callable[[], float]) -> None:
        self._poll = weakref.WeakMethod(poll)
        self._pause = weakref.WeakMethod(pause)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        renewed_after_fork(self)

    def renew(self) -> None:
        """Make new what a thread of the parent may have held; `ensure` starts a thread anew."""
        was_closed = self._closing.is_set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = None
        if was_closed:
            self._closing.set()

    def ensure(self) -> None:
        """Start the thread unless it runs or was closed."""
        thread = self._thread
        if (thread is not None and thread.is_alive()) or self._closing.is_set():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=_run,
                    args=(self._poll, self._pause, self._closing),
                    name="signet-kit",
                    daemon=True,
                )
                self._thread.start()

    def close(self) -> None:
        """End the thread and wait for it."""
        self._closing.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout=10)


def _run(
    polling: "weakref.WeakMethod[Any]",
    pausing: "weakref.WeakMethod[Any]",
    closing: threading.Event,
) -> None:
    while True:
        pause = pausing()
        if pause is None:
            return
        seconds = min(max(pause(), _SHORTEST_SLEEP), _LONGEST_SLEEP)
        del pause
        if closing.wait(seconds):
            return
        poll = polling()
        if poll is None:
            return
        try:
            poll()
        except Exception:
            log.exception("polling failed; it goes on")
        del poll
