"""What status lists cost: bytes on the wire, and the time to read, build, sign and serve them,
with one authorization in a hundred called back. `python -m benchmarks status-list`."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from secrets import token_urlsafe
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import sqlalchemy as sa
from pydantic import SecretStr

from provider.app import create_app
from provider.context import Provider
from provider.model.status import INVALID
from provider.settings import Settings
from provider.status_list.board import Board
from provider.store import migration
from provider.store.schema import status_list, token_status
from provider.store.unit_of_work import transaction

AUTHORIZATIONS = (10_000, 1_000_000, 10_000_000)
REVOKED = 100
"""One in so many."""

_ISSUER = "https://login.example.com"
_REPEATED = 5
_SERVED = 500


@dataclass(frozen=True)
class Cost:
    """What lists for so many authorizations cost. Times in seconds; of one list: `largest` in
    bytes as served, `signed` to build and sign it, `served` to answer for it from memory."""

    authorizations: int
    lists: int
    largest: int
    total: int
    reload: float
    signed: float
    served: float


def measure(authorizations: int) -> Cost:
    """Fill a database and ask a provider for its lists."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'signet.sqlite'}"
        migration.migrate(url)
        settings = Settings(
            issuer=_ISSUER, database_url=url, secret_key=SecretStr(token_urlsafe(32))
        )
        app = create_app(settings)
        provider: Provider = app.extensions["signet"]
        lists = _fill(provider, authorizations)
        sizes, reloads, signings = [], [], []
        for _ in range(_REPEATED):
            board = Board(
                settings, partial(transaction, provider.engine), provider.clock, provider.keyring
            )
            reloads.append(_timed(board.uris))
            signings += [_timed(partial(board.find, number)) for number in lists]
            sizes = [len(found.body) for number in lists if (found := board.find(number))]
        served = [_timed(partial(_get, app.wsgi_app, 1)) for _ in range(_SERVED)]
        provider.engine.dispose()
    return Cost(
        authorizations,
        len(lists),
        max(sizes),
        sum(sizes),
        median(reloads),
        median(signings),
        median(served),
    )


def table(costs: list[Cost]) -> str:
    """Return the figures for people."""
    heads = ("authorizations", "lists", "bytes of one", "bytes of all", "read", "sign", "serve")
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    lines += [
        f"| {one.authorizations:,} | {one.lists} | {one.largest:,} | {one.total:,} "
        f"| {one.reload * 1000:.0f} ms | {one.signed * 1000:.1f} ms | {one.served * 1000:.2f} ms |"
        for one in costs
    ]
    return "\n".join(lines)


def _fill(provider: Provider, authorizations: int) -> list[int]:
    now, size = provider.clock.now(), provider.settings.status_lists.size
    chosen = Random(authorizations)
    numbers = list(range(1, -(-authorizations // size) + 1))
    with transaction(provider.engine) as tx:
        provider.keyring.ensure(tx, now)
        for number in numbers:
            used = min(size, authorizations - (number - 1) * size)
            opened = {"number": number, "seed": bytes(32), "size": size, "used": used}
            tx.execute(status_list.insert(), {**opened, "created_at": now})
            about = {"number": number, "status": INVALID, "changed_at": now - 1000}
            revoked = chosen.sample(range(size), used // REVOKED)
            tx.execute(
                sa.insert(token_status),
                [{**about, "index": index, "expires_at": now + 86400} for index in revoked],
            )
    return numbers


def _get(app: Callable[..., Iterable[bytes]], number: int) -> None:
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/status-lists/{number}",
        "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(),
    }
    assert b"".join(app(environ, lambda *_: None))


def _timed(act: Callable[[], object]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started
