"""`signet serve` as a process: it starts, answers, stops gracefully, or says why not."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.cli.processes import Signet, Start, fetch, is_listening

PRODUCTION = {"SIGNET_ISSUER": "https://login.example.com"}


@pytest.fixture
def _configured(operator: Signet) -> None:
    del operator
    os.environ["SIGNET_ISSUER"] = "http://localhost:8000"


@pytest.mark.usefixtures("_configured")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_with_workers_and_stops_gracefully(
    start: Start, free_ports: tuple[int, ...], number: signal.Signals
) -> None:
    port = free_ports[0]
    process = start("serve", "--port", str(port), "--workers", "2")
    address = f"http://127.0.0.1:{port}"
    document = json.loads(fetch(f"{address}/.well-known/openid-configuration"))
    assert document["issuer"] == "http://localhost:8000"
    assert json.loads(fetch(f"{address}/health/ready"))["status"] == "ok"
    process.send_signal(number)
    began = time.monotonic()
    assert process.wait(20) == 0
    assert time.monotonic() - began < 10
    assert not is_listening(port)
    assert process.stderr is not None
    assert [line for line in process.stderr if "[warning" in line] == []


@pytest.mark.usefixtures("_configured")
def test_only_http_1_is_spoken(start: Start, free_ports: tuple[int, ...]) -> None:
    """Neither to who knows beforehand that it is HTTP/2 (RFC 9113 §3.3) nor by an upgrade."""
    port = free_ports[0]
    start("serve", "--port", str(port))
    fetch(f"http://127.0.0.1:{port}/health/live")
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    settings_frame = bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
    host, more = b" HTTP/1.1\r\nHost: localhost:8000\r\n", b"Connection: close\r\n\r\n"
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n"
    for sent in (preface + settings_frame, preface):
        assert _first_answer(port, sent)[:10] in (b"", b"HTTP/1.1 4", b"HTTP/1.0 4")
    for sent in (b"GET /health/live" + host + one for one in (more, upgrade)):
        assert _first_answer(port, sent).startswith(b"HTTP/1.1 200 ")


def _first_answer(port: int, sent: bytes) -> bytes:
    """Return what comes first, or nothing where the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(sent)
        try:
            return connection.recv(4096)
        except ConnectionError:
            return b""


@pytest.mark.needs("proc")
@pytest.mark.usefixtures("_configured")
def test_workers_share_no_connection_with_the_supervisor(
    start: Start, free_ports: tuple[int, ...]
) -> None:
    """It builds what they serve with before it forks."""
    process = start("serve", "--port", str(free_ports[0]), "--workers", "2")
    fetch(f"http://127.0.0.1:{free_ports[0]}/health/ready")
    supervisor = Path(f"/proc/{process.pid}")
    opened = [str(one.readlink()) for one in (supervisor / "fd").iterdir()]
    assert [name for name in opened if "sqlite" in name] == []
    assert len([name for name in opened if name.startswith("socket:")]) == 1


@pytest.mark.usefixtures("_configured")
def test_a_port_in_use_is_one_line(start: Start, free_ports: tuple[int, ...]) -> None:
    first = start("serve", "--port", str(free_ports[0]))
    fetch(f"http://127.0.0.1:{free_ports[0]}/health/live")
    second = start("serve", "--port", str(free_ports[0]))
    _, said = second.communicate(timeout=20)
    assert second.returncode == 1
    assert said == (
        f"signet: port {free_ports[0]} on 127.0.0.1 is in use. "
        "Choose another with --port (or SIGNET_PORT).\n"
    )
    assert first.poll() is None


@pytest.mark.usefixtures("_configured")
def test_keys_under_another_secret_key_are_one_line(
    start: Start, free_ports: tuple[int, ...]
) -> None:
    os.environ["SIGNET_SECRET_KEY"] = "YW5vdGhlciBtYXN0ZXIga2V5LCBmb3IgdGVzdHMgb2YgU2lnbmV0"
    process = start("serve", "--port", str(free_ports[0]))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.startswith("signet: The keys in this database were sealed under another secret")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SIGNET_DATABASE_URL": None}, "database_url is not set"),
        ({"SIGNET_SECRET_KEY": None}, "secret_key is not set"),
        ({"SIGNET_ENVIRONMENT": "demo"}, "the demo's settings"),
        ({"SIGNET_ISSUER": "http://localhost:8000", "SIGNET_HOST": "0.0.0.0"}, "not https"),  # noqa: S104
        ({"AUTHLIB_INSECURE_TRANSPORT": "1"}, "AUTHLIB_INSECURE_TRANSPORT is set"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG is set"),
    ],
)
def test_production_with_half_a_configuration_is_refused(
    operator: Signet, changes: dict[str, str | None], words: str
) -> None:
    for name, value in {**PRODUCTION, **changes}.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    result = operator("serve")
    assert result.exit_code == 3
    assert words in result.stderr
    assert all(line.startswith("signet: ") for line in result.stderr.splitlines())
