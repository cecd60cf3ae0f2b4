"""FT-02, FT-03: PostgreSQL restarts, is away, or commits and its answer is lost."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.faults.clients import crowd
from tests.faults.cluster import Cluster, LossyWire, cluster
from tests.faults.deployment import SECONDS, Deployment, deployed, prepare
from tests.faults.judging import judge
from tests.support.relying_party import basic

pytestmark = pytest.mark.needs("postgresql")

BACK_WITHIN = 5


@pytest.fixture
def database() -> Iterator[Cluster]:
    """A PostgreSQL that this test may stop."""
    with cluster() as found:
        prepare(found.url())
        yield found


@pytest.fixture
def deployment(database: Cluster, tmp_path: Path) -> Iterator[Deployment]:
    with deployed(database.url(), tmp_path) as found:
        yield found


@pytest.mark.spec("FT-02")
def test_a_restart_under_load_loses_nothing_and_heals_by_itself(
    deployment: Deployment, database: Cluster
) -> None:
    node = deployment.add_node(workers=2)
    node.start()
    clients = crowd(deployment, refreshers=3, exchangers=1)
    for client in clients:
        client.start()
    for _ in range(3):
        time.sleep(SECONDS / 5)
        database.stop("immediate")
        database.start()
        node.wait_until_ready(BACK_WITHIN)
    for client in clients:
        client.halt()
    judge(deployment, clients)


@pytest.mark.spec("FT-03")
def test_an_outage_is_503_where_it_matters_and_nothing_elsewhere(
    deployment: Deployment, database: Cluster
) -> None:
    node = deployment.add_node()
    node.start()
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
    token = {"token": tokens.access_token}
    acts = {
        "refresh": ("POST", "/token", proof, urlencode(refresh).encode()),
        "machine": ("POST", "/token", proof, b"grant_type=client_credentials"),
        "introspect": ("POST", "/introspect", proof, urlencode(token).encode()),
        "revoke": ("POST", "/revoke", proof, urlencode(token).encode()),
        "userinfo": ("GET", "/userinfo", bearer, b""),
        "authorize": ("GET", "/authorize" + start, [("Cookie", cookie)], b""),
        "ready": ("GET", "/health/ready", [], b""),
    }
    database.stop("immediate")
    ends = time.monotonic() + SECONDS
    while True:
        for name, act in acts.items():
            status, headers, body = node.ask(*act)
            found = {key.lower(): value for key, value in headers}
            assert status == 503, f"{name}: {status} {body!r}"
            assert int(found["retry-after"]) > 0, name
            assert b"invalid_" not in body, name
        for path in ("/jwks", "/.well-known/openid-configuration", "/health/live"):
            assert node.status(path) == 200, path
        if time.monotonic() > ends:
            break
    database.start()
    assert node.wait_until_ready(BACK_WITHIN) < BACK_WITHIN
    for name, act in acts.items():
        expected = 303 if name == "authorize" else 401 if name == "userinfo" else 200
        assert node.ask(*act)[0] == expected, name


@pytest.mark.spec("FT-02", "I3")
@pytest.mark.parametrize("before", [True, False], ids=["unheard", "unanswered"])
def test_a_commit_whose_answer_is_lost_is_asked_for_again_without_harm(
    deployment: Deployment, database: Cluster, *, before: bool
) -> None:
    """The server can not know whether it was committed, says 503, and the client comes again with
    the same token: it gets the identical successor, or rotates only now."""
    wire = LossyWire(database.port, nth=7, before=before)
    node = deployment.add_node(SIGNET_DATABASE_URL=database.url(wire.port))
    node.start()
    clients = crowd(deployment, refreshers=3, exchangers=1)
    wire.is_losing = True
    for client in clients:
        client.start()
    deadline = time.monotonic() + 60
    threading.Event().wait(SECONDS)
    while wire.lost < 3 and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    wire.is_losing = False
    for client in clients:
        client.halt()
    wire.close()
    assert wire.lost >= 3
    assert any(note.status == 503 for client in clients for note in client.notes)
    judge(deployment, clients)
