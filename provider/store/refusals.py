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
from provider.store.upsert import insert_or_ignore

WINDOW = 3600
"""Seconds in which refusals are counted together."""

MOST_NETWORKS = 64
"""How many networks are told apart; this many stands for this many or more."""


def count(tx: Transaction, event: Event, network: str) -> list[Event]:
    """Count a refusal that came from `network`. Return the events to write down: the sum of the
    window before, if that has ended, and this one if it is the first of its window."""
    digest = _digest(event)
    mark = sha256(network.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    first = {
        "digest": digest, "name": event.name, "account_id": event.account_id,
        "client_id": event.client_id, "address": event.address, "times": 1, "networks": [mark],
        "began_at": event.at, "last_at": event.at, "expires_at": event.at + WINDOW,
    }  # fmt: skip
    mine = table.c.digest == digest
    written: list[Event] = []
    while not insert_or_ignore(tx, table, first):
        row = tx.execute(sa.select(table).where(mine).with_for_update()).first()
        if row is None:
            continue
        if row.began_at <= event.at < row.expires_at:
            known = row.networks
            is_new = mark not in known and len(known) < MOST_NETWORKS
            values = {"times": row.times + 1, "last_at": max(row.last_at, event.at)}
            tx.execute(
                table.update()
                .where(mine)
                .values(**values, **({"networks": [*known, mark]} if is_new else {}))
            )
            return written
        tx.execute(table.delete().where(mine))
        kept = event.expires_at - event.at
        written += _sums([row], now=event.at, kept=kept)
    return [*written, event]


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
