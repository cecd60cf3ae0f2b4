"""How long something may wait. A request may wait five seconds in all, from when it is here to its
answer: for a place among those that are answered, for a connection, for a lock and for what the
database says. Every wait asks here how much of that is left, and what is left of nothing is not
begun: a client that stopped listening comes again, and the older request must not be carried out
after the newer one. Time in which other servers are waited for does not count; they have limits
of their own (`outgoing.fetcher`). An operator's command has no end to keep, but each of its
statements has one. Where neither is the case, in a thread of ours, each wait has what is usual."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from provider.ambient import SystemTicks, Ticks

PATIENCE = 5.0
"""Seconds that a request may wait in all, and what is usual for a single wait."""

COMMAND = 6 * 3600.0
"""Seconds for one statement of an operator: longer than building an index takes on tables of the
sizes we know, and an end nevertheless."""

CONCLUSION = 1.0
"""Seconds at least for what ends a transaction: nobody gains by leaving it open or unknown."""

IN_PASSING = 1.0
"""Seconds for a look at what others may have changed, where something is known already."""


class Overdue(Exception):
    """What was asked for has waited as long as it may; it was not carried out."""


class Patience:
    """An end that everything a request waits for shares."""

    def __init__(self, seconds: float = PATIENCE, ticks: Ticks | None = None) -> None:
        self.ticks = ticks or SystemTicks()
        self._ends = self.ticks.monotonic() + seconds

    def left(self) -> float:
        """Return for how many seconds it still may wait; never less than zero."""
        return max(0.0, self._ends - self.ticks.monotonic())

    def excuse(self, seconds: float) -> None:
        """Do not count so many seconds."""
        self._ends += seconds


class _OfEachStatement(Patience):
    """No end of all, but one of each single wait."""

    def left(self) -> float:
        return COMMAND

    def excuse(self, seconds: float) -> None:
        """Nothing is counted."""


_MINE: ContextVar[Patience | None] = ContextVar("_MINE", default=None)


@contextmanager
def kept(patience: Patience) -> Iterator[None]:
    """Let everything in the block share an end."""
    before = _MINE.set(patience)
    try:
        yield
    finally:
        _MINE.reset(before)


@contextmanager
def shorter(seconds: float) -> Iterator[None]:
    """Let what is asked in passing wait no longer than so, and no longer than who asks may."""
    ticks = mine.ticks if (mine := _MINE.get()) is not None else None
    with kept(Patience(at_most(seconds), ticks)):
        yield


@contextmanager
def of_a_command() -> Iterator[None]:
    """Let statements in the block take as long as those of an operator may."""
    with kept(_OfEachStatement()):
        yield


@contextmanager
def not_counted() -> Iterator[None]:
    """Wait in the block for what has an end of its own."""
    mine = _MINE.get()
    if mine is None:
        yield
        return
    began, before = mine.ticks.monotonic(), _MINE.set(None)
    try:
        yield
    finally:
        _MINE.reset(before)
        mine.excuse(mine.ticks.monotonic() - began)


def at_most(usual: float) -> float:
    """Return for how many seconds to wait: as usual, or for what is left if that is less."""
    mine = _MINE.get()
    return usual if mine is None else min(usual, mine.left())


def for_an_answer(usual: float) -> float:
    """Return for how many seconds a statement may take."""
    mine = _MINE.get()
    return usual if mine is None else mine.left()


def require() -> None:
    """Raise Overdue where nothing is left."""
    mine = _MINE.get()
    if mine is not None and not mine.left():
        raise Overdue("it waited too long")
