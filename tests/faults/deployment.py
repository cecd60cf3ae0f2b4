"""A provider as it runs in earnest: `signet serve` processes on one database, arranged through a
provider of the test's own, and a wire to them that looks like a WSGI application, so that the
relying party and the browser of `tests/support` speak to real servers."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from provider.ambient import SystemClock
from provider.app import create_provider
from provider.context import Provider
from provider.model.account import Account
from provider.model.consent import Consent
from provider.settings import Settings
from provider.store import consents, migration
from provider.store.unit_of_work import transaction
from tests.conftest import ISSUER, SECRET_KEY, make_settings
from tests.support import factories
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

CHECKOUT = Path(__file__).parents[2]
START_WITHIN = 60
SECONDS = float(os.environ.get("SIGNET_FAULT_SECONDS", "5"))
"""How long a fault goes on: short in `make test`, as long as one likes in `make faults`."""


class RealClock(SettableClock):
    """The machine's clock, for relying parties that verify what a real server signed."""

    def __init__(self, ahead: int = 0) -> None:
        super().__init__()
        self._ahead = ahead

    def now(self) -> int:
        return SystemClock().now() + self._ahead


def free_port() -> int:
    """Return a port nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Node:
    """One `signet serve`, or another program that serves the same way."""

    port: int
    environment: Mapping[str, str]
    log: Path
    command: tuple[str, ...] = ("-m", "provider.cli", "serve")
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, *, ready: bool = True) -> None:
        """Start it, and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                env={**self.environment, "SIGNET_PORT": str(self.port)},
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if ready:
            self.wait_until_ready()

    def wait_until_ready(self, within: float = START_WITHIN) -> float:
        """Return after how many seconds it was ready."""
        began = time.monotonic()
        while (status := self.status("/health/ready")) != 200:
            passed = time.monotonic() - began
            assert passed < within, f"not ready after {passed:.1f} s ({status}): {self.said()}"
            time.sleep(0.02)
        return time.monotonic() - began

    def status(self, path: str) -> int | None:
        """Return the status of a GET, None where there is no answer."""
        try:
            return self.ask("GET", path)[0]
        except (OSError, http.client.HTTPException):
            return None

    def ask(
        self,
        method: str,
        path: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        timeout: float = 60,
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Send one request over a connection of its own; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with closing(connection):
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def workers(self) -> list[int]:
        """Return the ids of its workers."""
        assert self.process is not None
        pid = self.process.pid
        with suppress(FileNotFoundError):
            return [
                int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            ]
        return []

    def said(self) -> str:
        """Return the end of its log."""
        return self.log.read_text()[-2000:]

    def stop(self) -> None:
        """End it and all it started."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Wire:
    """A WSGI application that hands each request to the next of several nodes."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = cycle(list(nodes))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = [
            (name[5:].replace("_", "-"), value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        ]
        headers.append(("X-Forwarded-For", environ.get("REMOTE_ADDR", "")))
        if environ.get("CONTENT_TYPE"):
            headers.append(("Content-Type", environ["CONTENT_TYPE"]))
        query = environ.get("QUERY_STRING", "")
        status, found, body = next(self._nodes).ask(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"] + (f"?{query}" if query else ""),
            headers,
            environ["wsgi.input"].read(),
        )
        own = {"content-length", "transfer-encoding", "connection", "server", "date"}
        start_response(
            f"{status} {http.client.responses.get(status, '')}",
            [pair for pair in found if pair[0].lower() not in own]
            + [("Content-Length", str(len(body)))],
        )
        return [body]


@dataclass
class Deployment:
    """Nodes on one database, and what a test needs to use and to judge them. The clocks of
    clients are so many seconds `ahead`."""

    settings: Settings
    folder: Path
    provider: Provider
    account: Account
    nodes: list[Node] = field(default_factory=list)
    ahead: int = 0

    def add_node(
        self, *, workers: int = 1, command: tuple[str, ...] | None = None, **variables: str
    ) -> Node:
        """Prepare another node; `variables` are its own settings."""
        assert self.settings.secret_key is not None
        number = len(self.nodes)
        environment = {
            **{name: value for name, value in os.environ.items() if "SIGNET" not in name},
            "PYTHONPATH": str(CHECKOUT),
            "SIGNET_ISSUER": ISSUER,
            "SIGNET_SECRET_KEY": SECRET_KEY,
            "SIGNET_DATABASE_URL": self.settings.database_url,
            "SIGNET_WORKERS": str(workers),
            "SIGNET_TRUSTED_PROXIES": "127.0.0.1",
            "SIGNET_LOG_LEVEL": "warning",
            **variables,
        }
        node = Node(free_port(), environment, self.folder / f"node-{number}.log")
        if command is not None:
            node.command = command
        self.nodes.append(node)
        return node

    def wire(self) -> Wire:
        """Return a wire to all nodes in turn."""
        return Wire(self.nodes)

    def browser(self, *, signed_in: bool = True) -> Browser:
        """Return a browser, with a session of the account if it is signed in."""
        browser = Browser(self.wire(), ISSUER)
        if signed_in:
            factories.already_signed_in(self.provider, browser, self.account)
        return browser

    def party(self, **changes: Any) -> RelyingParty:
        """Register a client that the account has consented to."""
        party = factories.make_relying_party(
            self.wire(), self.provider, RealClock(self.ahead), **changes
        )
        with transaction(self.provider.engine) as tx:
            consents.remember(
                tx,
                Consent(
                    account_id=self.account.id,
                    client_id=party.client_id,
                    scopes=frozenset(party.scope.split()),
                    resources=frozenset(),
                    granted_at=self.provider.clock.now(),
                ),
            )
        return party


def prepare(url: str) -> None:
    """Migrate an empty database and make its keys, by the machine's clock."""
    migration.migrate(url)
    provider = create_provider(make_settings(url))
    with transaction(provider.engine) as tx:
        provider.keyring.ensure(tx, provider.clock.now())
    provider.engine.dispose()


@contextmanager
def deployed(url: str, folder: Path) -> Iterator[Deployment]:
    """Arrange an account on a prepared database; whatever serves on it is stopped at the end."""
    settings = make_settings(url)
    provider = create_provider(settings)
    deployment = Deployment(settings, folder, provider, factories.make_account(provider))
    try:
        yield deployment
    finally:
        for node in deployment.nodes:
            node.stop()
        provider.engine.dispose()
