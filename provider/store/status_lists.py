"""Status lists as rows: how many places of each are given away. The list with the highest
number is the open one. Places are leased in blocks by one conditional statement inside
the transaction that needs the first of them, so a block whose transaction is undone was
never given away. A list is dropped when nothing can name it any more."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from provider.store.schema import authorization, client, token_status
from provider.store.schema import status_list as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore


@dataclass(frozen=True, kw_only=True)
class LeasedBlock:
    """Counters `first` until before `end` of a list, for whoever leased them. `seed` hides the
    order in which its places are given away from those who hold tokens."""

    number: int
    seed: bytes
    size: int
    first: int
    end: int


_LAST = sa.select(sa.func.max(table.c.number))
_LEASE = (
    table.update()
    .where(
        table.c.number == _LAST.scalar_subquery(),
        table.c.closed_at.is_(None),
        table.c.used + sa.bindparam("block") <= table.c.size,
    )
    .values(used=table.c.used + sa.bindparam("block"))
    .returning(table.c.number, table.c.seed, table.c.size, table.c.used)
)
_CLOSE = (
    table.update()
    .where(table.c.number == sa.bindparam("full"), table.c.closed_at.is_(None))
    .values(closed_at=sa.bindparam("now"))
)
_ALL = sa.select(table.c.number, table.c.size).order_by(table.c.number)


def lease(
    tx: Transaction, *, block: int, size: int, now: int, new_seed: Callable[[], bytes]
) -> LeasedBlock:
    """Lease the next `block` places; where the open list has fewer left, close it and open the
    next one with `size` places. Two processes that do it at once get different blocks."""
    while (row := tx.execute(_LEASE, {"block": block}).first()) is None:
        last = tx.execute(_LAST).scalar()
        if last is not None:
            tx.execute(_CLOSE, {"full": last, "now": now})
        opened = {
            "number": 1 if last is None else last + 1,
            "seed": new_seed(),
            "size": size,
            "used": 0,
            "created_at": now,
        }
        insert_or_ignore(tx, table, opened)
    return LeasedBlock(
        number=row.number, seed=row.seed, size=row.size, first=row.used - block, end=row.used
    )


def sizes(tx: Transaction) -> dict[int, int]:
    """Return how many places each list has, by its number."""
    return {row.number: row.size for row in tx.execute(_ALL)}


def drop(tx: Transaction, *, closed_before: int) -> int:
    """Drop the lists that were closed before a time and that nothing names. Return how many."""
    named = [
        sa.exists().where(named_by == table.c.number).correlate(table)
        for named_by in (authorization.c.status_list, client.c.status_list, token_status.c.number)
    ]
    unnamed = sa.and_(table.c.closed_at < closed_before, ~sa.or_(*named))
    return tx.execute(table.delete().where(unnamed)).rowcount
