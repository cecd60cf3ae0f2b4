"""What no provider can leave out: an answer over HTTP, signatures, and the statements by which
something is known later, each measured by itself on this machine, and their sum for each scenario.
A share that is asked for can be met only where the floor's own share is below it. In the document
it stands as one more subject."""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from typing import Any, NamedTuple

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks import postgres, processor
from benchmarks.supervision import folder

NAME = "floor"
_TIMES = 300
_ROUNDS = 5
_SIGNED = b"a" * 400

_SCHEMA = "CREATE TABLE known (id bigint PRIMARY KEY, digest text NOT NULL)"
_VALUE = "d" * 64

Work = Callable[[], object]


class Parts(NamedTuple):
    """Milliseconds of CPU: of an answer that needs nothing, a signature under the algorithm of
    access tokens, one under that of ID tokens, a verified assertion, a row written durably by one
    statement, a row read by its key."""

    answer: float
    access_token: float
    id_token: float
    assertion: float
    write: float
    read: float

    def of(self, scenario: str) -> float:
        """Return the least that one answer of a scenario costs."""
        costs: dict[str, float] = self._asdict()
        return sum(costs[part] for part in _NEEDED[scenario])


_NEEDED = {
    "discovery": ("answer",),
    "jwks": ("answer",),
    "client_credentials": ("answer", "access_token"),
    "private_key_jwt": ("answer", "assertion", "write", "access_token"),
    "login": ("answer", "write", "answer", "write", "access_token", "id_token"),
    "refresh": ("answer", "write", "access_token", "id_token"),
    "userinfo": ("answer", "read"),
    "introspection": ("answer", "read"),
    "revocation": ("answer", "write"),
}
"""A code is written when it is issued and when it is used; whether an access token still counts is
read, because it can be called back."""


def series(
    database: str, alg: str, scenarios: Collection[str], answer: float
) -> list[dict[str, Any]]:
    """Return the floor of scenarios as `report` writes a subject. `answer`: what the cheapest
    answer of a server costs (ms)."""
    parts = measured(database, alg, answer)
    return [
        {
            "subject": NAME,
            "database": database,
            "scenario": scenario,
            "cpu_ms_lowest": parts.of(scenario),
            "parts": parts._asdict(),
        }
        for scenario in scenarios
    ]


def measured(database: str, alg: str, answer: float) -> Parts:
    """Measure the parts."""
    sign, verify = _ALGORITHMS[alg]()
    sign_rsa, _ = _rsa()
    with _DATABASES[database]() as (write, read, spent):
        return Parts(
            answer=answer,
            access_token=_cost(sign),
            id_token=_cost(sign_rsa),
            assertion=_cost(verify),
            write=_cost(write, spent),
            read=_cost(read, spent),
        )


def _cost(work: Work, elsewhere: Callable[[], float] = lambda: 0.0) -> float:
    """Return what doing something once costs in ms, here and `elsewhere`: the lowest round."""
    found = []
    for _ in range(_ROUNDS):
        before = time.thread_time() + elsewhere()
        for _ in range(_TIMES):
            work()
        found.append((time.thread_time() + elsewhere() - before) * 1000 / _TIMES)
    return min(found)


def _rsa() -> tuple[Work, Work]:
    key = rsa.generate_private_key(65537, 2048)
    known, signature = key.public_key(), key.sign(_SIGNED, padding.PKCS1v15(), SHA256())
    return (
        lambda: key.sign(_SIGNED, padding.PKCS1v15(), SHA256()),
        lambda: known.verify(signature, _SIGNED, padding.PKCS1v15(), SHA256()),
    )


def _ec() -> tuple[Work, Work]:
    key, how = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(SHA256())
    known, signature = key.public_key(), key.sign(_SIGNED, how)
    return lambda: key.sign(_SIGNED, how), lambda: known.verify(signature, _SIGNED, how)


_ALGORITHMS = {"RS256": _rsa, "ES256": _ec}


@contextmanager
def _postgresql() -> Iterator[tuple[Work, Work, Callable[[], float]]]:
    """Statements prepared on libpq itself, each a transaction of its own."""
    with ExitStack() as running:
        server, url = running.enter_context(postgres.cluster())
        connection = running.enter_context(closing(psycopg.connect(url, autocommit=True)))
        connection.execute(_SCHEMA)
        libpq, numbers, value = connection.pgconn, count(1), _VALUE.encode()
        libpq.prepare(b"write", b"INSERT INTO known VALUES ($1, $2)")
        libpq.prepare(b"read", b"SELECT digest FROM known WHERE id = $1")
        yield (
            lambda: libpq.exec_prepared(b"write", [b"%d" % next(numbers), value]),
            lambda: libpq.exec_prepared(b"read", [b"1"]),
            lambda: processor.seconds(server.pids()),
        )


@contextmanager
def _sqlite() -> Iterator[tuple[Work, Work, Callable[[], float]]]:
    """A write-ahead log of which every commit is synchronised."""
    with folder("signet-bench-floor-") as home:
        connection = sqlite3.connect(home / "floor.sqlite", isolation_level=None)
        with closing(connection):
            for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", _SCHEMA):
                connection.execute(statement)
            numbers = count(1)
            yield (
                lambda: connection.execute(
                    "INSERT INTO known VALUES (?, ?)", (next(numbers), _VALUE)
                ),
                lambda: connection.execute(
                    "SELECT digest FROM known WHERE id = ?", (1,)
                ).fetchone(),
                lambda: 0.0,
            )


_DATABASES = {"postgresql": _postgresql, "sqlite": _sqlite}
