"""Turns: how many requests a worker answers at a time (`admission`). Whoever waits for another
server gives its turn up meanwhile (`outgoing.fetcher`), so that a server that is slow on purpose
holds up nobody but who asked for it (RFC 9101 §10.4.1, RFC 9700 §4.15). What is left to use up are
threads, so few may wait, and fewer for one host. Outside of a worker there are no turns."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import BoundedSemaphore, Lock

MOST_WAITING, MOST_FOR_ONE_HOST = 16, 4


class Crowded(Exception):
    """As many requests as may are waiting for other servers already, or for this one."""


class Turns:
    """The turns of one worker."""

    def __init__(self, at_once: int) -> None:
        self._places = BoundedSemaphore(at_once)
        self._lock = Lock()
        self._waiting: Counter[str] = Counter()

    def __enter__(self) -> None:
        """Wait for a turn and keep it for the block."""
        self._places.acquire()
        _MINE.set(self)

    def __exit__(self, *_: object) -> None:
        """Give the turn back."""
        _MINE.set(None)
        self._places.release()

    @contextmanager
    def given_up(self, host: str) -> Iterator[None]:
        """Let others have the turn for the block, and wait for one after it. Raises Crowded."""
        with self._lock:
            if self._waiting[host] >= MOST_FOR_ONE_HOST or self._waiting.total() >= MOST_WAITING:
                raise Crowded
            self._waiting[host] += 1
        self._places.release()
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= Counter({host: 1})
            self._places.acquire()


_MINE: ContextVar[Turns | None] = ContextVar("_MINE", default=None)


@contextmanager
def waiting_for(url: str) -> Iterator[None]:
    """Wait for the server of an address in the block, without a turn. Raises Crowded."""
    if (turns := _MINE.get()) is None:
        yield
        return
    with turns.given_up(url.partition("://")[2].partition("/")[0].lower()):
        mine = _MINE.set(None)
        try:
            yield
        finally:
            _MINE.reset(mine)
