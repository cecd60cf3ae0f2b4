"""The demo as a person starts it: `signet demo` as a process, which starts provider, application
and API as processes of their own, on ports nobody else uses and with data in a folder of its own.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from provider.cli.demo_folder import APPLICATION, USERNAME, Folder

CHECKOUT = Path(__file__).parents[2]
READY = "Ctrl-C ends everything"


@dataclass(frozen=True)
class Demo:
    """A running demo: its addresses, and what a person reads in the terminal."""

    issuer: str
    app: str
    folder: Folder

    @property
    def username(self) -> str:
        return USERNAME

    @property
    def password(self) -> str:
        return self.folder.secret("password")

    @property
    def client(self) -> tuple[str, str]:
        """The application's client id and secret."""
        return APPLICATION, self.folder.secret("client_secret")

    def change(self, statement: str) -> None:
        """Change what the provider's database holds, as time or other people would have."""
        with closing(sqlite3.connect(self.folder.path / "signet.sqlite")) as database:
            database.execute(statement)
            database.commit()


@contextmanager
def running(path: Path, *, database_url: str | None = None) -> Iterator[Demo]:
    """Start the demo, hand it out when all of it answers, and end it as Ctrl-C does."""
    folder = Folder(path)
    if database_url is not None:
        folder.prepare()
        own = folder.settings.read_text("utf-8")
        folder.settings.write_text(f'database_url = "{database_url}"\n{own}', "utf-8")
    provider, app, api = _free_ports()
    command = (
        *("demo", "--data", str(path), "--port", str(provider)),
        *("--app-port", str(app), "--api-port", str(api)),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "provider.cli", *command],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while READY not in said:
            line = process.stdout.readline()
            assert line, f"the demo did not start: {said}"
            said += line
        yield Demo(f"http://localhost:{provider}", f"http://localhost:{app}", folder)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def _free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [int(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
