"""Which step of `migrations` a database is at, against the newest this code knows. Asked at
every start, so it reads one row and the names of the steps' files, and leaves Alembic
unloaded; a test holds the two against each other."""

from dataclasses import dataclass
from enum import Enum

import sqlalchemy as sa

from migrations import revisions
from provider.store.schema import schema_support
from provider.store.unit_of_work import Transaction

_version = sa.table("alembic_version", sa.column("version_num", sa.Text))


class State(Enum):
    """How a database relates to this version of the code."""

    EMPTY = "empty"
    BEHIND = "behind"
    CURRENT = "current"
    NEWER = "newer"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Schema:
    """The revision found in a database (None before the first), and the one wanted. A newer
    one says which is the `oldest` whose code may serve on it."""

    revision: str | None
    head: str
    oldest: str | None = None

    @property
    def state(self) -> State:
        """Whether the two are the same, and if not which is older."""
        if self.revision is None:
            return State.EMPTY
        if self.revision == self.head:
            return State.CURRENT
        if self.revision in revisions():
            return State.BEHIND
        is_later = self.revision > self.head
        is_supported = is_later and self.oldest is not None and self.oldest <= self.head
        return State.NEWER if is_supported else State.AHEAD

    @property
    def serves(self) -> bool:
        """Whether this code may serve on it: it is its own, or one that was only expanded
        since, as while a new version takes over node by node."""
        return self.state in (State.CURRENT, State.NEWER)


def inspect(tx: Transaction) -> Schema:
    """Return how the database behind `tx` relates to this code."""
    found = oldest = None
    present = sa.inspect(tx)
    if present.has_table(_version.name):
        found = tx.scalar(sa.select(_version.c.version_num))
    if found not in (None, *revisions()) and present.has_table(schema_support.name):
        oldest = tx.scalar(sa.select(schema_support.c.oldest_revision))
    return Schema(revision=found, head=revisions()[-1], oldest=oldest)
