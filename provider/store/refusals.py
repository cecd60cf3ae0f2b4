"""Refusals of the current window, counted by what was refused to whom, whoever was refused: one
row for each name of an event with its account and its client. The first is an event at once; how
many there were, from how many networks, is a second event when the window ended, written by
whoever comes first: the next refusal that counts here, or housekeeping. Removing the row and
writing the event are one transaction, so among all processes exactly one does it. An account or a
client that does not exist has no row of its own, so strangers cannot make rows by inventing them.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from provider.store.events import Event
from provider.store.schema import refusal as table
from provider.store.unit_of_work import Transaction
from provider.store.upsert import inserting

WINDOW = 3600
"""Seconds in which refusals are counted together."""

MOST_NETWORKS = 64
"""How many networks are told apart; this many stands for this many or more."""


def count(tx: Transaction, event: Event, network: str) -> list[Event]:
    """Count a refusal that came from `network`. Return the events to write down: the sum of the
    window before, if that has ended, and this one if it is the first of its window.

    One more statement follows in any case, so that the first one takes as long as others.
    """
    mark = sha256(network.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    first = {
        "digest": _digest(event), "name": event.name, "account_id": event.account_id,
        "client_id": event.client_id, "address": event.address, "times": 1, "networks": [mark],
        "began_at": event.at, "last_at": event.at, "expires_at": event.at + WINDOW,
    }  # fmt: skip
    goes_on = sa.and_(table.c.began_at <= event.at, table.c.expires_at > event.at)
    one_more = {
        "times": sa.case((goes_on, table.c.times + 1), else_=table.c.times),
        "last_at": sa.case((goes_on, event.at), else_=table.c.last_at),
    }
    counted = (
        inserting(tx.dialect.name)(table)
        .values(**first)
        .on_conflict_do_update(index_elements=[table.c.digest], set_=one_more)
        .returning(*table.c)
    )
    row = tx.execute(counted).one()
    mine = table.update().where(table.c.digest == row.digest)
    if not row.began_at <= event.at < row.expires_at:
        tx.execute(mine.values(**first))
        return [*_sums([row], now=event.at, kept=event.expires_at - event.at), event]
    if row.times == 1:
        return [event]
    tx.execute(mine.values(networks=[*dict.fromkeys((*row.networks, mark))][:MOST_NETWORKS]))
    return []


def end(tx: Transaction, *, now: int, kept: int, limit: int) -> tuple[int, list[Event]]:
    """Remove up to `limit` windows that have ended. Return how many, and their sums as events.

    `kept`: seconds that an event stays. Rows that somebody else works on are passed over.
    """
    ended = (
        sa.select(table.c.digest)
        .where(table.c.expires_at <= now)
        .order_by(table.c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("ended")
    )
    gone = table.delete().where(table.c.digest.in_(sa.select(ended))).returning(*table.c)
    rows = tx.execute(gone).all()
    return len(rows), _sums(rows, now=now, kept=kept)


def counting(tx: Transaction, account_id: str, names: Iterable[str]) -> list[tuple[int, int]]:
    """Return the open windows of an account: when it was last refused, and how often."""
    query = sa.select(table.c.last_at, table.c.times).where(
        table.c.account_id == account_id, table.c.name.in_(list(names))
    )
    return [(row.last_at, row.times) for row in tx.execute(query)]


def _digest(event: Event) -> bytes:
    about = (event.name, event.account_id or "", event.client_id or "")
    return sha256("\x1f".join(about).encode("utf-8", "surrogatepass")).digest()


def _sums(rows: Iterable[Any], *, now: int, kept: int) -> list[Event]:
    """Return the second event of each window in which more than one was refused."""
    return [
        Event(
            at=now,
            name=row.name,
            address=row.address,
            expires_at=now + kept,
            account_id=row.account_id,
            client_id=row.client_id,
            detail={
                "count": row.times, "networks": len(row.networks),
                "since": row.began_at, "until": row.last_at,
            },
        )
        for row in rows
        if row.times > 1
    ]  # fmt: skip
