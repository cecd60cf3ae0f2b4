"""A number that one worker has at a time. Counters of a worker lie in a file of that number,
so that the worker that takes the place of one that died goes on counting where it ended, and
there are never more files than workers."""

import fcntl
from itertools import count
from pathlib import Path
from typing import IO

_held: list[IO[bytes]] = []
"""Locks of this process: the system gives them back when it ends, however it ends."""


def take(folder: Path) -> int:
    """Return the lowest number in `folder` that no living process has, and keep it."""
    for number in count():
        lock = (folder / f"{number}.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            _held.append(lock)
            return number
    raise AssertionError("numbers do not end")
