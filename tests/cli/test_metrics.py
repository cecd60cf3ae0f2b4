"""The metrics of `signet serve`: at an address of their own, for all workers, whoever dies."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.processes import Signet, Start, fetch

pytestmark = pytest.mark.needs("proc")


def answers(text: str) -> float:
    """Return how many answers of the discovery document were counted."""
    pattern = r'signet_answer_seconds_count\{endpoint="\.well-known",status="200"\} ([0-9.]+)'
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


def eventually(look: Callable[[], bool], within: float = 20) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + within
    while True:
        with suppress(OSError):
            if look():
                return
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.1)


def workers(pid: int) -> list[int]:
    """Return the processes that a server started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_all_workers_are_counted_and_a_killed_one_stays_counted(
    operator: Signet, start: Start, free_ports: tuple[int, ...]
) -> None:
    del operator
    port, metrics_port, _ = free_ports
    os.environ["SIGNET_METRICS_ADDRESS"] = f"127.0.0.1:{metrics_port}"
    process = start("serve", "--port", str(port), "--workers", "2")
    document = f"http://127.0.0.1:{port}/.well-known/openid-configuration"
    metrics = f"http://127.0.0.1:{metrics_port}/metrics"
    fetch(document)
    for _ in range(19):
        fetch(document)
    fetch(metrics)
    eventually(lambda: answers(fetch(metrics).decode()) == 20)
    before = workers(process.pid)
    for worker in before:
        os.kill(worker, signal.SIGKILL)
    eventually(lambda: len(set(workers(process.pid)) - set(before)) == 2)
    for _ in range(5):
        fetch(document)
    eventually(lambda: answers(fetch(metrics).decode()) == 25)


def test_metrics_are_not_at_the_public_port_and_nothing_listens_without_the_setting(
    operator: Signet, start: Start, free_ports: tuple[int, ...]
) -> None:
    del operator
    start("serve", "--port", str(free_ports[0]))
    fetch(f"http://127.0.0.1:{free_ports[0]}/health/live")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{free_ports[0]}/metrics")
    assert refused.value.code == 404
    refused.value.close()


def test_an_address_in_use_is_one_line(
    operator: Signet, start: Start, free_ports: tuple[int, ...]
) -> None:
    port, taken, _ = free_ports
    start("serve", "--port", str(taken))
    fetch(f"http://127.0.0.1:{taken}/health/live")
    os.environ["SIGNET_METRICS_ADDRESS"] = f"127.0.0.1:{taken}"
    _, said = start("serve", "--port", str(port)).communicate(timeout=20)
    assert said == (
        f"signet: port {taken} on 127.0.0.1 is in use. Choose another with metrics_address.\n"
    )
    del operator
