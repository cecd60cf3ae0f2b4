"""The command line as an operator meets it: in a folder of its own, with an environment of its
own, on a migrated database that already has its keys."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from provider.cli.commands import cli
from provider.settings import Settings
from tests.cli.processes import Signet, Start

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path) -> Iterator[None]:
    """No setting of the outside gets in, and none of the inside gets out."""
    environment, folder = dict(os.environ), Path.cwd()
    for variable in environment:
        if variable.startswith("SIGNET_"):
            del os.environ[variable]
    os.chdir(tmp_path)
    yield
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture
def signet() -> Signet:
    """Run a command in this process."""

    def run(*arguments: str, **options: Any) -> Result:
        result = CliRunner().invoke(cli, arguments, **options)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def operator(signet: Signet, settings: Settings) -> Signet:
    """Run a command on a database that is ready."""
    assert settings.secret_key is not None
    os.environ["SIGNET_PROFILE"] = settings.profile
    os.environ["SIGNET_DATABASE_URL"] = settings.database_url
    os.environ["SIGNET_SECRET_KEY"] = settings.secret_key.get_secret_value()
    return signet


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a command in a process group of its own; what is left of it at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "provider.cli", *arguments],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def free_ports() -> tuple[int, ...]:
    """Three ports nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = tuple(int(opened.getsockname()[1]) for opened in sockets)
    for opened in sockets:
        opened.close()
    return ports
