"""`signet demo` as a process: three servers that come and go together."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provider.cli.demo_data import fill
from provider.cli.demo_folder import Folder
from provider.settings import load
from provider.store import accounts, clients
from provider.store.unit_of_work import open_engine, transaction
from tests.cli.processes import Signet, Start, fetch, is_listening


def options(ports: tuple[int, ...], data: str = "demo") -> tuple[str, ...]:
    provider, app, api = map(str, ports)
    return ("demo", "--data", data, "--port", provider, "--app-port", app, "--api-port", api)


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    assert process.stderr is not None
    pytest.fail(f"the demo ended: {said}{process.stderr.read()}")


def wait_until_gone(ports: tuple[int, ...]) -> None:
    deadline = time.monotonic() + 10
    while any(map(is_listening, ports)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_listening, ports))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_says_what_to_click_and_ends_without_a_trace(
    start: Start, free_ports: tuple[int, ...], number: signal.Signals
) -> None:
    os.environ["SIGNET_DATABASE_URL"] = "postgresql://production@nowhere/signet"
    process = start(*options(free_ports))
    said = read_until(process, "Ctrl-C ends everything")
    password = Path("demo/password").read_text().strip()
    for port in free_ports:
        assert f"http://localhost:{port}" in said
    assert "demo" in said
    assert password in said
    assert f"export SIGNET_CONFIG={Path('demo/signet.toml').absolute()}" in said
    provider, app, api = free_ports
    assert json.loads(fetch(f"http://127.0.0.1:{provider}/health/ready"))["status"] == "ok"
    assert json.loads(fetch(f"http://127.0.0.1:{app}/health")) == {"status": "ok"}
    assert json.loads(fetch(f"http://127.0.0.1:{api}/health")) == {"status": "ok"}
    process.send_signal(number)
    assert process.wait(20) == 0
    wait_until_gone(free_ports)


@pytest.mark.needs("proc")
def test_a_second_start_keeps_the_data_and_a_child_that_dies_ends_all(
    start: Start, free_ports: tuple[int, ...]
) -> None:
    first = start(*options(free_ports))
    before = read_until(first, "Password")
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=20)
    second = start(*options(free_ports))
    assert read_until(second, "Password") == before
    read_until(second, "Ctrl-C ends everything")
    children = Path(f"/proc/{second.pid}/task/{second.pid}/children")
    named = {
        Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(): int(child)
        for child in children.read_text().split()
    }
    os.kill(next(pid for line, pid in named.items() if "client_demo.api" in line), signal.SIGKILL)
    _, said = second.communicate(timeout=20)
    assert second.returncode == 1
    assert said.startswith("signet: the demo API ended with code -9")
    assert said.count("\n") == 1
    wait_until_gone(free_ports)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_port_in_use_is_one_line_that_names_the_option(
    signet: Signet, free_ports: tuple[int, ...], which: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "http.server", str(free_ports[which]), "--bind", "127.0.0.1"],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as other:
        fetch(f"http://127.0.0.1:{free_ports[which]}/")
        result = signet(*options(free_ports))
        other.terminate()
    assert result.exit_code == 1
    option = ("--port", "--app-port", "--api-port")[which]
    assert result.stderr == (
        f"signet: port {free_ports[which]} on 127.0.0.1 is in use. Choose another with {option}.\n"
    )
    assert not Path("demo").exists()


def test_ports_have_to_differ(signet: Signet) -> None:
    assert signet(*options((8100, 8100, 8102))).exit_code == 1


@pytest.mark.spec("OIDCC-5.1")
def test_its_account_has_every_standard_claim_and_its_clients_fit(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "demo")
    folder.prepare()
    settings = load(folder.settings)
    for port in (8001, 9001):
        fill(settings, folder, app=f"http://localhost:{port}", api="http://localhost:8002")
    engine = open_engine(settings.database_url)
    with transaction(engine, read_only=True) as tx:
        account = accounts.find_by_login(tx, "demo")
        found = {one.client_id: one for one in clients.list_all(tx)}
    engine.dispose()
    assert account is not None
    assert len(account.claims) == 14 + 2 + 2 + 1
    assert isinstance(account.claims["updated_at"], int)
    assert found["fieldnotes"].redirect_uris == ("http://localhost:9001/callback",)
    assert [len(one.secrets) for one in found.values()] == [1, 1]


def test_its_secrets_are_its_owners_only(tmp_path: Path) -> None:
    first, second = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    for folder in (first, second):
        folder.prepare()
    for name in ("secret_key", "password", "client_secret", "app_secret_key"):
        assert first.secret_file(name).stat().st_mode & 0o077 == 0
        assert first.secret(name) != second.secret(name)
    assert len(first.secret("password")) == 19
