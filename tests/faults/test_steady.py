"""FT-14, FT-15: what goes on for long stays as it is. Under a steady load neither memory nor
connections nor rows grow beyond what the cleanup rule keeps, and clearing up after a million rows
makes nobody wait. As long as `make faults SECONDS=3600` says."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.processor import memory
from provider.store import schema
from provider.store.unit_of_work import transaction
from tests.faults.clients import Client, Exchanger, Note, Refresher, crowd
from tests.faults.deployment import SECONDS, Deployment, Node
from tests.faults.judging import judge
from tests.support.watching import row_counts

REFRESHES, SIGN_INS = 200 / 60, 50 / 60
"""A second, as the rule has it: of four clients that refresh, and of one that signs in."""

MEMORY = 8
"""MiB by which a warm server may differ from itself; a leak of a long run is more."""

CONNECTIONS = 4
EVENTS = 2
"""What a sign-in leaves in the audit trail at most. Events are kept for a day or longer."""

LONG = SECONDS >= 30
EXPIRED = 1_000_000 if LONG else 20_000
NOISE = 0.05 if LONG else 2.0
"""Seconds by which a machine that does other work may be late; beside other tests it does much."""


@dataclass(frozen=True)
class Level:
    """How much there is of everything that could grow."""

    memory: float
    connections: int
    rows: dict[str, int]


def level(deployment: Deployment, node: Node) -> Level:
    workers = node.workers()
    return Level(
        memory(set(workers)),
        sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in workers),
        row_counts(deployment.provider),
    )


def p95(notes: Sequence[Note]) -> float:
    """Return how long 19 of 20 answers took at most."""
    return statistics.quantiles((note.seconds for note in notes), n=20)[-1]


def load(clients: list[Client], seconds: float) -> float:
    """Let clients work for a while; return their p95."""
    before = [len(client.notes) for client in clients]
    ends = time.monotonic() + seconds
    due = dict.fromkeys(clients, time.monotonic())
    while (now := time.monotonic()) < ends:
        client = min(due, key=lambda one: due[one])
        if due[client] > now:
            time.sleep(due[client] - now)
        due[client] = now + client.pause
        client.step()
    pairs = zip(clients, before, strict=True)
    return p95([note for client, first in pairs for note in client.notes[first:]])


def done(clients: list[Client], kind: type[Client]) -> int:
    return sum(len(one.notes) for one in clients if isinstance(one, kind))


@pytest.mark.spec("FT-14")
@pytest.mark.needs("proc")
@pytest.mark.both_databases
def test_under_a_steady_load_nothing_grows(deployment: Deployment) -> None:
    node = deployment.add_node(workers=2, SIGNET_LIFETIMES__CODE="5s")
    node.start()
    clients = crowd(deployment, refreshers=4, exchangers=1)
    for client in clients:
        is_refresher = isinstance(client, Refresher)
        client.pause = 4 / REFRESHES if is_refresher else 1 / SIGN_INS
        for _ in range(50):
            client.step()
    first = load(clients, SECONDS / 2)
    before, signed_in = level(deployment, node), done(clients, Exchanger)
    last = load(clients, SECONDS)
    after = level(deployment, node)
    assert last < 2 * first + NOISE
    assert after.memory < before.memory + MEMORY
    assert after.connections <= before.connections + CONNECTIONS
    more = done(clients, Exchanger) - signed_in
    grown = {name: rows - before.rows[name] for name, rows in after.rows.items()}
    assert grown.pop("authorization") <= more
    assert grown.pop("event") <= EVENTS * more
    assert max(grown.values()) <= 0, grown
    judge(deployment, clients)


def crowd_in(deployment: Deployment, *, expires_at: int, first: int) -> None:
    """Add rows that expire at one moment."""
    for start in range(first, first + EXPIRED, 10_000):
        with transaction(deployment.provider.engine) as tx:
            tx.execute(
                schema.seen_jti.insert(),
                [
                    {"digest": number.to_bytes(32, "big"), "expires_at": expires_at}
                    for number in range(start, min(start + 10_000, first + EXPIRED))
                ],
            )


def rows_left(deployment: Deployment, *, expired_by: int) -> tuple[int, int]:
    """Return how many rows have expired by a moment, and how many have not."""
    is_expired = schema.seen_jti.c.expires_at <= expired_by
    counted = sa.func.count().filter(is_expired), sa.func.count().filter(~is_expired)
    with transaction(deployment.provider.engine, read_only=True) as tx:
        expired, live = tx.execute(sa.select(*counted)).one()
    return int(expired), int(live)


@pytest.mark.spec("FT-15")
@pytest.mark.both_databases
def test_clearing_up_after_a_crowd_makes_nobody_wait(deployment: Deployment) -> None:
    """A million expired rows beside as many that live, in `make faults`; fewer in `make test`."""
    node = deployment.add_node(workers=1)
    node.start()
    clients = crowd(deployment, refreshers=1, exchangers=0)
    now = deployment.provider.clock.now()
    crowd_in(deployment, expires_at=now + 86400, first=0)
    normal = load(clients, max(3, SECONDS / 4))
    crowd_in(deployment, expires_at=now - 10, first=EXPIRED)
    deadline = time.monotonic() + max(60, SECONDS)
    while True:
        assert load(clients, max(3, SECONDS / 4)) < 2 * normal + NOISE
        expired, live = rows_left(deployment, expired_by=now)
        assert live == EXPIRED
        if expired < EXPIRED:
            break
        assert time.monotonic() < deadline, "nothing is cleared up"
    judge(deployment, clients)
