"""FT-12: a worker that has run out of descriptors or memory refuses and does not hang, the others
serve on, and no shortage is taken for somebody's mistake."""

import http.client
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from provider.authenticators import password
from provider.cli import descriptors
from tests.faults.clients import crowd
from tests.faults.deployment import SECONDS, Deployment, Node
from tests.faults.judging import judge

pytestmark = [pytest.mark.spec("FT-12"), pytest.mark.needs("proc")]

AT_MOST = descriptors.EVERY * descriptors.PATIENCE + descriptors.GRACE + 4
"""Seconds that anybody waits: until the worker is gone, and a few for a busy machine."""

IDLE = 40
FEW = """
import resource, runpy, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, min(most, %(most)s)))
sys.argv = ["signet", "serve"]
runpy.run_module("provider.cli", run_name="__main__")
"""
WITHOUT_MEMORY = """
import resource, sys
from pathlib import Path
from provider.authenticators import password
from provider.errors import TemporarilyUnavailable
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + 8 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    print(password.is_right(sys.argv[1], "a password for tests"))
except TemporarilyUnavailable:
    print("503")
"""


def memory_of(worker: int) -> int:
    """Return how much address space a process has, in bytes."""
    pages = Path(f"/proc/{worker}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


@contextmanager
def idle(node: Node) -> Iterator[None]:
    """Hold connections on which nothing is asked, as a proxy does."""
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(socket.create_connection(("127.0.0.1", node.port), AT_MOST))
        yield


def ask(node: Node) -> int | None:
    """Return a status, or None for a refusal. Waiting for ever is neither."""
    try:
        return node.ask("GET", "/.well-known/openid-configuration", timeout=AT_MOST)[0]
    except TimeoutError:
        raise AssertionError(f"no answer within {AT_MOST} s") from None
    except (OSError, http.client.HTTPException):
        return None


@pytest.mark.both_databases
def test_a_worker_without_descriptors_makes_way_for_one_that_has_some(
    deployment: Deployment,
) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    clients = crowd(deployment)
    for client in clients:
        client.start()
    starved, other = node.workers()
    used = len(list(Path(f"/proc/{starved}/fd").iterdir()))
    resource.prlimit(starved, resource.RLIMIT_NOFILE, (used + 2, used + 2))
    with idle(node):
        deadline = time.monotonic() + 6 * AT_MOST
        while starved in node.workers():
            assert ask(node) in (200, None)
            assert time.monotonic() < deadline, "it neither serves nor makes way"
        node.wait_until_ready(AT_MOST)
        assert other in node.workers()
    for client in clients:
        client.halt()
    assert max(note.seconds for client in clients for note in client.notes) < AT_MOST
    judge(deployment, clients)


def test_a_server_takes_as_many_descriptors_as_it_may_have(deployment: Deployment) -> None:
    node = deployment.add_node(workers=1, command=("-c", FEW % {"most": 5000}))
    node.start()
    (worker,) = node.workers()
    soft, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)
    assert soft == hard > 64


def test_a_server_that_may_open_few_files_refuses_and_recovers(deployment: Deployment) -> None:
    node = deployment.add_node(workers=1, command=("-c", FEW % {"most": 64}))
    node.start()
    clients = crowd(deployment, refreshers=2, exchangers=0)
    for client in clients:
        client.start()
    with idle(node):
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            assert ask(node) in (200, None)
    for client in clients:
        client.halt()
    node.wait_until_ready(AT_MOST)
    judge(deployment, clients)


@pytest.mark.both_databases
@pytest.mark.parametrize("megabytes", [0, 8])
def test_a_worker_without_memory_harms_no_other(deployment: Deployment, megabytes: int) -> None:
    """It goes on with what it has or ends and is replaced; either way clients go on."""
    node = deployment.add_node(workers=2)
    node.start()
    clients = crowd(deployment)
    for client in clients:
        client.start()
    starved, _ = node.workers()
    most = memory_of(starved) + megabytes * 2**20
    resource.prlimit(starved, resource.RLIMIT_AS, (most, most))
    with idle(node):
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            assert ask(node) in (200, 503, None)
    for client in clients:
        client.halt()
    node.wait_until_ready(AT_MOST)
    assert len(node.workers()) == 2
    judge(deployment, clients)


def test_a_password_that_can_not_be_compared_for_want_of_memory_is_not_wrong() -> None:
    kept = password.hash_password("a password for tests")
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_MEMORY, kept], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "503"
