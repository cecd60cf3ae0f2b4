"""FT-08, FT-09 and bursts: a stop in the middle of work, clients that are slow on purpose, and ten
times as many requests as there is capacity for."""

import signal
import socket
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
import sqlalchemy as sa

from provider.store.unit_of_work import transaction
from tests.faults.clients import Client, Refresher, crowd
from tests.faults.deployment import Deployment, Node
from tests.faults.judging import judge
from tests.support.relying_party import basic

QUICK = 1.0
"""Seconds in which half of all answers come, on a machine that is busy with other tests."""


@contextmanager
def held(deployment: Deployment) -> Iterator[Callable[[], None]]:
    """Keep every rotation waiting, until the block ends or what is yielded is called."""
    with ExitStack() as stack:
        if deployment.settings.uses_sqlite:
            file = str(deployment.settings.database_file)
            holder = stack.enter_context(closing(sqlite3.connect(file, check_same_thread=False)))
            holder.execute("BEGIN IMMEDIATE")
            yield holder.rollback
        else:
            tx = stack.enter_context(transaction(deployment.provider.engine))
            tx.execute(sa.text('LOCK TABLE "authorization" IN EXCLUSIVE MODE'))
            yield tx.rollback


@pytest.mark.spec("FT-08")
@pytest.mark.both_databases
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_answers_what_was_accepted(deployment: Deployment, number: signal.Signals) -> None:
    """Fifty requests are in flight and wait for the database when the stop is asked for."""
    node = deployment.add_node(workers=2)
    node.start()
    clients: list[Client] = crowd(deployment, refreshers=10, exchangers=0)
    machine = deployment.party()
    proof = [
        ("Authorization", basic(machine.client_id, machine.secret or "")),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]

    def ask() -> int:
        return node.ask("POST", "/token", proof, b"grant_type=client_credentials")[0]

    with ThreadPoolExecutor(50) as pool:
        with held(deployment) as let_go:
            waiting = [pool.submit(client.step) for client in clients]
            time.sleep(0.5)
            others = [pool.submit(ask) for _ in range(40)]
            time.sleep(1)
            assert node.process is not None
            node.process.send_signal(number)
            time.sleep(0.5)
            let_go()
        for one in waiting:
            one.result(60)
        statuses = [one.result(60) for one in others]
    assert [client.notes[-1].status for client in clients] == [200] * 10
    assert statuses == [200] * 40
    assert node.process.wait(30) == 0
    assert node.status("/health/live") is None
    node.start()
    judge(deployment, clients)


def _slow(node: Node, *, in_body: bool) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", node.port))
    opened.sendall(b"POST /token HTTP/1.1\r\nHost: op.example\r\n")
    if in_body:
        opened.sendall(
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
        )
    return opened


@pytest.mark.spec("FT-09")
@pytest.mark.both_databases
@pytest.mark.parametrize("in_body", [False, True], ids=["headers", "bodies"])
def test_a_hundred_slow_clients_hold_up_nobody(deployment: Deployment, *, in_body: bool) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    (client,) = crowd(deployment, refreshers=1, exchangers=0)
    assert isinstance(client, Refresher)
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(_slow(node, in_body=in_body))) for _ in range(100)]
        for _ in range(10):
            for one in slow:
                one.sendall(b"x")
            client.step()
            assert node.status("/.well-known/openid-configuration") == 200
    assert client.acknowledged == 10
    assert statistics.median(note.seconds for note in client.notes) < QUICK
    judge(deployment, [client])


@pytest.mark.spec("FT-09")
def test_more_slow_bodies_than_are_read_are_refused_unread(deployment: Deployment) -> None:
    node = deployment.add_node()
    node.start()
    with ExitStack() as stack:
        for _ in range(96):
            stack.enter_context(closing(_slow(node, in_body=True)))
        deadline = time.monotonic() + 30
        while True:
            status, headers, _ = node.ask("POST", "/token", [], b"grant_type=x")
            if status == 503:
                break
            assert time.monotonic() < deadline
        assert {name.lower(): value for name, value in headers}["retry-after"] == "1"
        assert node.status("/.well-known/openid-configuration") == 200
    deadline = time.monotonic() + 30
    while node.ask("POST", "/token", [], b"grant_type=x")[0] == 503:
        assert time.monotonic() < deadline


@pytest.mark.both_databases
def test_a_burst_of_ten_times_the_capacity_queues_and_passes(deployment: Deployment) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    clients = crowd(deployment, refreshers=80, exchangers=0)
    with ThreadPoolExecutor(len(clients)) as pool:
        for one in [pool.submit(client.step) for client in clients]:
            one.result(120)
    statuses = [client.notes[-1].status for client in clients]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) > len(clients) / 2
    assert node.wait_until_ready(5) < 5
    judge(deployment, clients, at_least=0)
