"""How often something that processes keep in memory was changed: one number in the database,
raised by the transaction that makes the change, so that every process can ask cheaply whether
what it keeps still holds. This process knows of its own changes at once."""

from weakref import WeakKeyDictionary

import sqlalchemy as sa

from provider.store.compiled import Compiled
from provider.store.schema import change_count as table
from provider.store.unit_of_work import Engine, Transaction
from provider.store.upsert import upsert

_COUNT = Compiled(sa.select(table.c.count).where(table.c.what == sa.bindparam("of")))
_own: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()


def note(tx: Transaction, what: str) -> None:
    """Let everybody know, once this transaction is kept, that something changed."""
    upsert(tx, table, {"what": what, "count": 1}, {"count": table.c.count + 1})
    _own[tx.engine] = _own.get(tx.engine, 0) + 1


def count(tx: Transaction, what: str) -> int:
    """Return how often something was changed."""
    row = _COUNT.first(tx, {"of": what})
    return int(row.count) if row else 0


def noted_here(engine: Engine) -> int:
    """Return how often this process noted a change, kept or not. Reads memory only."""
    return _own.get(engine, 0)
