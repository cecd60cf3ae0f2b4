"""FT-16: a database that says nothing. Every door answers in time: 503 where it needs the
database, and what is known where it does not; afterwards all heals by itself, with nothing lost or
doubled. What a client gave up is not carried out after what it asked for later."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from provider.patience import PATIENCE
from tests.faults.cluster import Cluster, cluster
from tests.faults.deployment import Deployment, Node, deployed, prepare
from tests.faults.silence import SilentWire, stopped
from tests.support.relying_party import basic

pytestmark = [pytest.mark.spec("FT-16"), pytest.mark.needs("postgresql", "proc")]

IN_TIME = PATIENCE + 4
"""Seconds for an answer, with a few for a machine that is busy with other tests."""

AT_ONCE = 4
"""Seconds for what is known, and for a supervisor's questions."""

KNOWN = ("/jwks", "/.well-known/openid-configuration", "/health/live", "/status-lists")

Act = tuple[str, str, list[tuple[str, str]], bytes]
Fault = Callable[[Cluster], AbstractContextManager[tuple[str, AbstractContextManager[None]]]]


@contextmanager
def _postmaster(database: Cluster) -> Iterator[tuple[str, AbstractContextManager[None]]]:
    """All processes of the server are stopped."""
    yield database.url(), stopped(database)


@contextmanager
def _wire(database: Cluster, *, drips: bool) -> Iterator[tuple[str, AbstractContextManager[None]]]:
    wire = SilentWire(database.port, drips=drips)

    @contextmanager
    def silent() -> Iterator[None]:
        wire.is_silent = True
        try:
            yield
        finally:
            wire.is_silent = False

    try:
        yield database.url(wire.port), silent()
    finally:
        wire.close()


@contextmanager
def _swallowing(database: Cluster) -> Iterator[tuple[str, AbstractContextManager[None]]]:
    """The line swallows everything, as where a host vanished."""
    with _wire(database, drips=False) as found:
        yield found


@contextmanager
def _dripping(database: Cluster) -> Iterator[tuple[str, AbstractContextManager[None]]]:
    """The server's answers come at a byte a second."""
    with _wire(database, drips=True) as found:
        yield found


@pytest.fixture
def database() -> Iterator[Cluster]:
    """A PostgreSQL that this test may silence."""
    with cluster() as found:
        prepare(found.url())
        yield found


@pytest.fixture
def deployment(database: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    with deployed(database.url(), tmp_path) as found:
        yield found


def _timed(
    node: Node, act: tuple[str, str, list[tuple[str, str]], bytes]
) -> tuple[int, dict[str, str], bytes, float]:
    began = time.monotonic()
    status, headers, body = node.ask(*act, timeout=60)
    found = {name.lower(): value for name, value in headers}
    return status, found, body, time.monotonic() - began


def _doors(deployment: Deployment) -> dict[str, Act]:
    """Return a request for each door that needs the database."""
    browser, party = deployment.browser(), deployment.party()
    tokens = party.sign_in(browser)
    start = party.start().url.partition("/authorize")[2]
    cookie = browser.jar.header(party.issuer + "/", method="GET", same_site=True)
    proof = [
        ("Authorization", basic(party.client_id, party.secret or "")),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ]
    bearer = [("Authorization", f"Bearer {tokens.access_token}")]
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    token = urlencode({"token": tokens.access_token}).encode()
    return {
        "refresh": ("POST", "/token", proof, urlencode(refresh).encode()),
        "machine": ("POST", "/token", proof, b"grant_type=client_credentials"),
        "introspect": ("POST", "/introspect", proof, token),
        "revoke": ("POST", "/revoke", proof, token),
        "userinfo": ("GET", "/userinfo", bearer, b""),
        "authorize": ("GET", "/authorize" + start, [("Cookie", cookie)], b""),
        "account": ("GET", "/account", [("Cookie", cookie)], b""),
        "logout": ("GET", "/logout", [("Cookie", cookie)], b""),
    }


@pytest.mark.parametrize("fault", [_postmaster, _swallowing, _dripping])
def test_every_door_answers_in_time_while_the_database_says_nothing(
    deployment: Deployment, database: Cluster, fault: Fault
) -> None:
    with fault(database) as (url, silent):
        node = deployment.add_node(SIGNET_DATABASE_URL=url)
        node.start()
        doors = _doors(deployment)
        assert {path: node.status(path) for path in KNOWN} == dict.fromkeys(KNOWN, 200)
        with silent, ThreadPoolExecutor(3 * len(doors)) as pool:
            asked = {
                (name, again): pool.submit(_timed, node, act)
                for again in range(3)
                for name, act in doors.items()
            }
            while not all(one.done() for one in asked.values()):
                for path in KNOWN:
                    status, _, _, seconds = _timed(node, ("GET", path, [], b""))
                    assert (status, seconds < AT_ONCE) == (200, True), (path, status, seconds)
                status, _, body, seconds = _timed(node, ("GET", "/health/ready", [], b""))
                assert (status, seconds < AT_ONCE) == (503, True), (body, seconds)
            for (name, _), one in asked.items():
                status, headers, body, seconds = one.result()
                assert status == 503, f"{name}: {status} {body!r}"
                assert int(headers["retry-after"]) > 0, name
                assert b"invalid_" not in body, name
                assert seconds < IN_TIME, f"{name}: {seconds}"
        node.wait_until_ready(IN_TIME)
        expected = {"authorize": 303, "userinfo": 401, "logout": 200}
        for name, act in doors.items():
            assert node.ask(*act)[0] == expected.get(name, 200), name
