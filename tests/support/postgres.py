"""A throw-away PostgreSQL for tests: one cluster per test process, gone when the process is.

It listens on a socket in its own folder, so no port can be in use, and gives up durability for
speed. `SIGNET_TEST_POSTGRES` names an existing server instead (a URL of a role that may create
databases). A shell keeps watch over the cluster through a pipe: however the tests end, even by
SIGKILL, the pipe closes, the server stops and its folder goes.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

EXISTING = "SIGNET_TEST_POSTGRES"
OLDEST = 15

INITDB = (
    "--username=signet",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}

# The server runs until standard input closes or it stops by itself; then nothing of it remains.
WATCH = """
folder=$1; shift
trap '' INT HUP
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
cd /
rm -rf "$folder"
"""


def find() -> Path | None:
    """Return the folder of the newest PostgreSQL binaries that are new enough, if any."""
    folders = [Path(path) for path in os.environ.get("PATH", "").split(os.pathsep) if path]
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    found = {
        (release, folder)
        for folder in folders
        if (folder / "initdb").exists()
        and (folder / "postgres").exists()
        and (release := _release(folder)) >= OLDEST
    }
    return max(found)[1] if found else None


def _release(folder: Path) -> int:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True)
    number = re.search(r"\d+", answer.stdout)
    return int(number[0]) if number else 0


class PostgresServer:
    """A server on which tests make databases of their own."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._prefix = f"signet_test_{os.getpid()}"
        self._databases: list[str] = []
        self._templates: dict[Callable[[str], object], str] = {}

    def create_database(self, prepare: Callable[[str], object] | None = None) -> str:
        """Create a database and return its URL.

        `prepare` is called with the URL of an empty database the first time; this and every later
        database prepared by the same function is a copy of what it left.
        """
        if prepare is None:
            return self._create("template0")
        if prepare not in self._templates:
            url = self._create("template0")
            prepare(url)
            self._templates[prepare] = str(make_url(url).database)
        return self._create(self._templates[prepare])

    def drop_database(self, url: str) -> None:
        """Drop a database that was created here, with its connections."""
        name = str(make_url(url).database)
        self._databases.remove(name)
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", sql.Identifier(name))

    def drop_all(self) -> None:
        """Drop whatever is left."""
        for name in list(self._databases):
            self.drop_database(self._address(name))

    def _create(self, template: str) -> str:
        name = f"{self._prefix}_{len(self._databases)}_{time.monotonic_ns()}"
        self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}",
            sql.Literal(template),
        )
        self._execute(
            "CREATE DATABASE {} TEMPLATE {}", sql.Identifier(name), sql.Identifier(template)
        )
        self._databases.append(name)
        return self._address(name)

    def _address(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str, *values: sql.Composable) -> None:
        with _connect(self._url) as connection:
            connection.execute(sql.SQL(statement).format(*values))


def _connect(url: URL) -> psycopg.Connection[Any]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


@contextmanager
def cluster(binaries: Path) -> Iterator[URL]:
    """Run a cluster of its own; PostgreSQL refuses root, so root hands it to another account."""
    folder = Path(tempfile.mkdtemp(prefix="signet-postgres-"))
    account = _account() if os.geteuid() == 0 else None
    identity: dict[str, Any] = {"cwd": folder, "start_new_session": True}
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
        identity |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    try:
        subprocess.run(
            [binaries / "initdb", "--pgdata", folder / "data", *INITDB],
            check=True,
            stdout=subprocess.DEVNULL,
            **identity,
        )
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)]
        watch = subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "watch", str(folder), *server, *settings],
            stdin=subprocess.PIPE,
            **identity,
        )
        try:
            url = URL.create(
                "postgresql", "signet", database="postgres", query={"host": str(folder)}
            )
            _wait(url, folder / "log")
            yield url
        finally:
            watch.communicate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> pwd.struct_passwd:
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _wait(url: URL, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            _connect(url).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                said = log.read_text() if log.exists() else ""
                raise RuntimeError(f"PostgreSQL did not start: {error}\n{said}") from error
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL of this test process."""
    if existing := os.environ.get(EXISTING):
        server = PostgresServer(make_url(existing))
        try:
            yield server
        finally:
            server.drop_all()
        return
    binaries = find()
    assert binaries is not None
    with cluster(binaries) as url:
        yield PostgresServer(url)


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty database for this test alone."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)
