"""FT-04, FT-05: another process holds the SQLite database, or its disk is full."""

import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from tests.faults.clients import Note, Refresher, crowd
from tests.faults.deployment import Deployment
from tests.faults.judging import judge

assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN, "Python lets a full disk be an error"

PATIENCE = 5
"""Seconds a request waits for the lock."""


@contextmanager
def locked(deployment: Deployment) -> Iterator[None]:
    """Hold the database as another process would."""
    file = str(deployment.settings.database_file)
    with closing(sqlite3.connect(file, timeout=30)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.rollback()


def once(client: Refresher) -> Note:
    client.step()
    return client.notes[-1]


def refreshers(deployment: Deployment, number: int) -> list[Refresher]:
    made = crowd(deployment, refreshers=number, exchangers=0)
    return [one for one in made if isinstance(one, Refresher)]


@pytest.mark.spec("FT-04")
def test_who_meets_a_short_lock_waits_and_succeeds(deployment: Deployment) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    clients = refreshers(deployment, 6)
    with ThreadPoolExecutor(len(clients)) as pool:
        with locked(deployment):
            waiting = [pool.submit(once, client) for client in clients]
            time.sleep(1.5)
            assert not any(one.done() for one in waiting)
        answers = [one.result(60) for one in waiting]
    assert [note.status for note in answers] == [200] * 6
    judge(deployment, list(clients))


@pytest.mark.spec("FT-04")
def test_a_long_lock_is_503_and_other_answers_go_on(deployment: Deployment) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    clients = refreshers(deployment, 2)
    with ThreadPoolExecutor(len(clients)) as pool, locked(deployment):
        answers = [one.result(60) for one in [pool.submit(once, client) for client in clients]]
        assert node.status("/.well-known/openid-configuration") == 200
    assert [note.status for note in answers] == [503] * 2
    assert all(note.retry_after for note in answers)
    assert min(note.seconds for note in answers) >= PATIENCE - 1
    node.wait_until_ready(5)
    assert [once(client).status for client in clients] == [200] * 2
    judge(deployment, list(clients))


def _limit(node_workers: list[int], size: int) -> None:
    for worker in node_workers:
        _, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, hard))


@pytest.mark.spec("FT-05")
@pytest.mark.needs("proc")
def test_a_full_disk_is_503_for_who_writes_and_heals_without_a_restart(
    deployment: Deployment,
) -> None:
    """The disk is full for the server's processes: no file of theirs may grow any more."""
    node = deployment.add_node(workers=2)
    node.start()
    clients = refreshers(deployment, 3)
    party, browser = deployment.party(), deployment.browser()
    access_token = party.sign_in(browser).access_token
    for client in clients:
        client.start()
    time.sleep(0.5)
    _limit(node.workers(), 4096)
    deadline = time.monotonic() + 30
    while not all(client.notes and client.notes[-1].status == 503 for client in clients):
        assert time.monotonic() < deadline, [client.notes[-1:] for client in clients]
        time.sleep(0.05)
    bearer = [("Authorization", f"Bearer {access_token}")]
    assert node.ask("GET", "/userinfo", bearer)[0] == 200
    assert node.status("/jwks") == 200
    _limit(node.workers(), resource.RLIM_INFINITY)
    for client in clients:
        done = client.acknowledged
        deadline = time.monotonic() + 5
        while client.acknowledged == done:
            assert time.monotonic() < deadline, client.notes[-1]
            threading.Event().wait(0.02)
    for client in clients:
        client.halt()
    judge(deployment, list(clients))
    with closing(sqlite3.connect(str(deployment.settings.database_file))) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
