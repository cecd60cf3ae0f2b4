"""Turns: how many requests a worker answers at a time (`admission`). Whoever waits for another
server gives its turn up meanwhile (`outgoing.fetcher`), so that a server that is slow on purpose
holds up nobody but who asked for it (RFC 9101 §10.4.1, RFC 9700 §4.15). What is left to use up are
threads, so few may wait, and fewer for one host. For a turn everybody waits in line, and no longer
than the request may; who comes where the line is long is refused at once, so that no thread is
without end kept from seeing that a request is here. Outside of a worker there are no turns."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from provider.patience import PATIENCE, Overdue, at_most, not_counted

MOST_WAITING, MOST_FOR_ONE_HOST = 16, 4

MOST_IN_LINE = 128
"""Requests that wait for a turn at most; all are here, and each has a thread."""


class Crowded(Exception):
    """As many requests as may are waiting for other servers already, or for this one."""


class Turns:
    """The turns of one worker."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._line: deque[Lock] = deque()
        self._lock = Lock()
        self._waiting: Counter[str] = Counter()

    def take(self) -> None:
        """Wait for a turn. Raises Overdue, and Crowded where too many are in line."""
        self._take(is_new=True)
        _MINE.set(self)

    def give_back(self) -> None:
        """Let somebody else have the turn, if it was not lost."""
        if _MINE.get() is self:
            _MINE.set(None)
            self._give()

    def __enter__(self) -> None:
        """Keep a turn for the block. Raises what `take` raises."""
        self.take()

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self.give_back()

    @contextmanager
    def given_up(self, host: str) -> Iterator[None]:
        """Let others have the turn for the block, and wait for one after it, ahead of those who
        had none yet. Raises Crowded, and Overdue where the turn is lost."""
        with self._lock:
            if self._waiting[host] >= MOST_FOR_ONE_HOST or self._waiting.total() >= MOST_WAITING:
                raise Crowded
            self._waiting[host] += 1
        self._give()
        try:
            with not_counted():
                yield
        finally:
            with self._lock:
                self._waiting -= Counter({host: 1})
            try:
                self._take(is_new=False)
            except Overdue:
                _MINE.set(None)
                raise

    def _take(self, *, is_new: bool) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            if is_new and len(self._line) >= MOST_IN_LINE:
                raise Crowded
            mine = Lock()
            mine.acquire()
            if is_new:
                self._line.append(mine)
            else:
                self._line.appendleft(mine)
        if mine.acquire(timeout=at_most(PATIENCE)):
            return
        with self._lock:
            if mine not in self._line:  # it was handed over in this moment
                return
            self._line.remove(mine)
        raise Overdue("other requests took too long")

    def _give(self) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().release()
            else:
                self._free += 1


_MINE: ContextVar[Turns | None] = ContextVar("_MINE", default=None)


@contextmanager
def waiting_for(url: str) -> Iterator[None]:
    """Wait for the server of an address in the block, without a turn. Raises Crowded, Overdue."""
    if (turns := _MINE.get()) is None:
        with not_counted():
            yield
        return
    with turns.given_up(url.partition("://")[2].partition("/")[0].lower()):
        mine = _MINE.set(None)
        try:
            yield
        finally:
            _MINE.reset(mine)
