"""A throw-away PostgreSQL cluster with the server's own defaults, so every commit is durable, as
in production. It listens on a socket in its own folder. PostgreSQL refuses to run as root, so
root hands it to another account."""

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import URL

from benchmarks.supervision import Supervised, folder, identity, supervised

OLDEST = 15
_INITDB = ("--username=signet", "--auth=trust", "--encoding=UTF8", "--locale=C")
_SETTINGS = {"listen_addresses": "", "unix_socket_permissions": "0700"}


@cache
def find() -> Path | None:
    """Return the folder of the newest PostgreSQL programs that are new enough, if any."""
    folders = [Path(path) for path in os.environ.get("PATH", "").split(os.pathsep) if path]
    folders += Path("/usr/lib/postgresql").glob("*/bin")
    found = {
        (release, path)
        for path in folders
        if shutil.which("initdb", path=str(path)) and (release := _release(path)) >= OLDEST
    }
    return max(found)[1] if found else None


def _release(path: Path) -> int:
    program = path / "postgres"
    if not program.exists():
        return 0
    answer = subprocess.run([program, "--version"], capture_output=True, text=True)
    number = re.search(r"\d+", answer.stdout)
    return int(number[0]) if number else 0


@contextmanager
def cluster() -> Iterator[tuple[Supervised, str]]:
    """Run a cluster with one empty database; yield it and the database's URL."""
    programs = find()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed")
    account = _account() if os.geteuid() == 0 else None
    with folder("signet-bench-postgres-", account) as home:
        data = str(home / "data")
        subprocess.run(
            [programs / "initdb", "--pgdata", data, *_INITDB],
            check=True,
            cwd=home,
            stdout=subprocess.DEVNULL,
            **identity(account),
        )
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", data, "-k", str(home), *options]
        with supervised(command, home, signal="INT", account=account) as running:
            running.wait_until(lambda: _answers(home))
            with psycopg.connect(host=str(home), user="signet", dbname="postgres") as connection:
                connection.autocommit = True
                connection.execute("CREATE DATABASE signet")
            url = URL.create("postgresql", "signet", database="signet", query={"host": str(home)})
            yield running, url.render_as_string()


def _answers(home: Path) -> bool:
    try:
        psycopg.connect(host=str(home), user="signet", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _account() -> pwd.struct_passwd:
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]
