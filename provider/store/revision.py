"""Which step of `migrations` a database is at, against the newest this code knows. Asked at
every start, so it reads one row and the names of the steps' files, and leaves Alembic
unloaded; a test holds the two against each other."""

from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa

from migrations import revisions
from provider.store.unit_of_work import Transaction

_version = sa.table("alembic_version", sa.column("version_num", sa.Text))


class State(Enum):
    """How a database relates to this version of the code."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Schema:
    """The revision found in a database (None before the first), and the one wanted."""

    revision: str | None
    head: str

    @property
    def state(self) -> State:
        """Whether the two are the same, and if not which is older."""
        if self.revision is None:
            return State.EMPTY
        if self.revision == self.head:
            return State.CURRENT
        return State.BEHIND if self.revision in revisions() else State.AHEAD


def inspect(tx: Transaction) -> Schema:
    """Return how the database behind `tx` relates to this code."""
    found = None
    if sa.inspect(tx).has_table(_version.name):
        found = tx.scalar(sa.select(_version.c.version_num))
    return Schema(revision=found, head=revisions()[-1])
