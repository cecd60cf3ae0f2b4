"""A PostgreSQL of one test's own, as durable as in production, that can be stopped and
started, and a wire to it that loses what it is told to lose."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.faults.deployment import free_port
from tests.support import postgres

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "on",
    "log_min_messages": "fatal",
}
"""Durable against the end of its processes, which is what these tests bring about."""


class Cluster:
    """One server with one database."""

    def __init__(self, folder: Path) -> None:
        found = postgres.find()
        assert found is not None
        self._binaries = (found / "postgres").resolve().parent
        self._folder = folder
        self.port = free_port()
        self._identity: dict[str, Any] = {"cwd": folder}
        if os.geteuid() == 0:
            account = next(
                (one for one in pwd.getpwall() if one.pw_name == "postgres"),
                pwd.getpwnam("nobody"),
            )
            os.chown(folder, account.pw_uid, account.pw_gid)
            self._identity |= {
                "user": account.pw_uid, "group": account.pw_gid, "extra_groups": [],
            }  # fmt: skip

    def url(self, port: int | None = None) -> str:
        """Return its URL, or that of a wire to it."""
        return f"postgresql+psycopg://signet@127.0.0.1:{port or self.port}/postgres"

    def make(self) -> None:
        """Create its files."""
        self._run("initdb", "--pgdata", "data", *postgres.INITDB)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        given = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        options = f"-p {self.port} {given}"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; `immediate` is without a word to anybody, like a crash."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def process_id(self) -> int:
        """Return the postmaster's."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, *arguments],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            **self._identity,
        )


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a cluster for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="signet-faults-"))
    made = Cluster(folder)
    try:
        made.make()
        made.start()
        yield made
    finally:
        with suppress(subprocess.CalledProcessError):
            made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


class LossyWire:
    """A TCP proxy that cuts a connection at a commit: every `nth` one, before the database
    hears of it (`before`) or after it has answered and before the answer arrives."""

    def __init__(self, target: int, *, nth: int, before: bool) -> None:
        self._target, self._nth, self._before = target, nth, before
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        self._commits = 0
        self.lost = 0
        self.is_losing = False
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            is_cut = threading.Event()
            back = threading.Thread(
                target=self._answers, args=(server, client, is_cut), daemon=True
            )
            back.start()
            with suppress(OSError):
                while sent := client.recv(65536):
                    if b"COMMIT" in sent and self._is_lost():
                        is_cut.set()
                        if not self._before:
                            server.sendall(sent)
                            back.join(5)
                        break
                    server.sendall(sent)
            for end in (server, client):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join(5)

    @staticmethod
    def _answers(server: socket.socket, client: socket.socket, is_cut: threading.Event) -> None:
        with suppress(OSError):
            while got := server.recv(65536):
                if is_cut.is_set():
                    return
                client.sendall(got)

    def _is_lost(self) -> bool:
        if not self.is_losing:
            return False
        with self._lock:
            self._commits += 1
            if self._commits % self._nth:
                return False
            self.lost += 1
            return True
