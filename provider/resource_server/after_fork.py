"""What a process that was forked must not inherit: locks that a thread of the parent held at that
moment, and attempts that only the parent goes on with. Whoever in the kit has a lock registers
here and makes new ones in the child; registered weakly, so that verifiers come and go.
"""

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something with locks, an event, or a thread."""

    def renew(self) -> None:
        """Make new locks, and forget what only the parent is doing."""
        ...


_alive: WeakSet[Renewable] = WeakSet()


def renewed_after_fork(one: Renewable) -> None:
    """Have `one` renewed in every child that is forked while it lives."""
    _alive.add(one)


def _renew_all() -> None:
    for one in list(_alive):
        one.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
