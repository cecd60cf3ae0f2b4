"""FT-01: workers killed at random moments under a load of rotations and code exchanges."""

import os
import random
import signal
import time
from contextlib import suppress

import pytest

from tests.faults.clients import crowd
from tests.faults.deployment import SECONDS, Deployment
from tests.faults.judging import judge

EVERY = 0.5
BACK_WITHIN = 10
"""Seconds until a worker serves again. The rule is two; a busy test machine starts slowly."""


@pytest.mark.spec("FT-01")
@pytest.mark.needs("proc")
@pytest.mark.both_databases
def test_workers_that_are_killed_lose_and_double_nothing(deployment: Deployment) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    clients = crowd(deployment)
    order = random.Random(1)
    for client in clients:
        client.start()
    ends, kills = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        time.sleep(order.uniform(0, 2 * EVERY))
        for worker in order.sample(node.workers(), k=min(1, len(node.workers()))):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                kills += 1
    node.wait_until_ready(BACK_WITHIN)
    for client in clients:
        client.halt()
    assert kills
    print(f"{kills} workers killed in {SECONDS:.0f} s")  # noqa: T201 - `make faults` shows it
    judge(deployment, clients)


@pytest.mark.spec("FT-01")
@pytest.mark.needs("proc")
def test_a_server_goes_on_however_often_its_only_worker_is_killed(deployment: Deployment) -> None:
    node = deployment.add_node(workers=1)
    node.start()
    for _ in range(4):
        (worker,) = node.workers()
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + BACK_WITHIN
        while node.workers() in ([], [worker]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        node.wait_until_ready(BACK_WITHIN)
    assert node.process is not None
    assert node.process.poll() is None
