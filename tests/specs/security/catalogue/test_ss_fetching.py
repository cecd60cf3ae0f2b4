"""SS: requests of our own to other servers (RFC 9101 §10.4.1; OWASP ASVS 1.3.6)."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Semaphore
from time import perf_counter

import pytest

from provider.admission import Admission
from provider.outgoing.destination import NotAllowed, settle
from provider.turns import MOST_FOR_ONE_HOST
from tests.specs.security.catalogue.conftest import Nothing
from tests.support import jwt, wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.registering import Registrar, metadata
from tests.support.relying_party import RelyingParty, refusal
from tests.support.site import Site
from tests.support.watching import PATIENCE
from tests.support.wire import Answer

PRIVATE = (
    "127.0.0.1", "127.1", "0", "0.0.0.0",  # noqa: S104  asked for, not bound to
    "2130706433", "0x7f000001", "017700000001", "127.0.1",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "169.254.169.254",
    "169.254.0.1", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.7", "198.18.0.1",
    "198.51.100.7", "203.0.113.7", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]",
    "[fc00::1]", "[fdff::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]",
    "[::ffff:a00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]", "[::127.0.0.1]", "localhost",
    "localhost.", "LOCALHOST", "[0:0:0:0:0:0:0:1]", "[::ffff:0:7f00:1]",
)  # fmt: skip
SCHEMES = (
    "http://rp.example/x", "file:///etc/passwd", "ftp://rp.example/x", "data:application/json,{}",
    "gopher://rp.example/", "HTTP://rp.example/x", "ws://rp.example/", "//rp.example/x",
    "rp.example/x",
    "javascript:1", "https:rp.example", "jar:https://rp.example!/x", "dict://rp.example/",
)  # fmt: skip
OWN = {"grant_type": "client_credentials"}


def by_system(host: str, port: int) -> list[str]:
    """Resolve as the system does, names of this machine and numbers in any notation."""

    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def test_ss_01_no_spelling_of_a_private_address_is_gone_to() -> None:
    for host in PRIVATE:
        with pytest.raises((NotAllowed, OSError)):  # or the system knows no such address
            settle(f"https://{host}/x", (), by_system)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"])
def test_ss_01_keys_at_a_private_address_authenticate_nobody_and_are_not_asked_for(
    make_relying_party: MakeParty, site: Site, host: str
) -> None:
    """The site listens there; the operator allowed it by the name localhost only."""
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt",
        jwks=None,
        jwks_uri=f"https://{host}:{site.port}/jwks",
    )
    party.key = jwt.key_for("ES256")
    refusal(party.post("token", OWN), "invalid_client")
    assert site.received == []


@pytest.mark.settings(registration={"mode": "open", "per_hour": 10_000})
@pytest.mark.parametrize("member", ["jwks_uri", "sector_identifier_uri", "request_uris"])
def test_ss_03_nothing_but_https_is_registered(
    registrar: Registrar, nothing_left: Nothing, member: str
) -> None:
    with nothing_left():
        for uri in SCHEMES:
            answer = registrar.post(
                metadata(**{member: [uri] if member == "request_uris" else uri})
            )
            assert (answer.status, answer.json["error"]) == (400, "invalid_client_metadata"), uri


@pytest.mark.settings(registration={"mode": "open", "per_hour": 10_000})
def test_ss_01_a_sector_at_a_private_address_reads_like_one_that_is_silent(
    registrar: Registrar, site: Site, nothing_left: Nothing
) -> None:
    with nothing_left():
        texts = set()
        for host in ("127.0.0.1", "10.0.0.1", "[::1]", "169.254.169.254", "nowhere.invalid"):
            answer = registrar.post(
                metadata(sector_identifier_uri=f"https://{host}:{site.port}/s")
            )
            refusal(answer, "invalid_client_metadata")
            texts.add(answer.text)
        assert len(texts) == 1
    assert site.received == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_ss_02_a_redirect_is_an_answer_and_not_a_way(
    make_relying_party: MakeParty, site: Site, status: int
) -> None:
    keys = jwt.public_set(jwt.key_for("ES256"))

    target = site.serve("/target", json.dumps(keys))
    address = site.serve("/jwks", json.dumps(keys), status=status, headers={"Location": target})
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", jwks=None, jwks_uri=address
    )
    party.key = jwt.key_for("ES256")
    refusal(party.post("token", OWN), "invalid_client")
    assert site.asked("/jwks") >= 1
    assert site.asked("/target") == 0


@pytest.mark.parametrize("body", ["50 MB", "wrong type", "gzip", "html", "empty", "deep"])
def test_ss_04_what_is_too_much_or_something_else_is_no_key_set(
    make_relying_party: MakeParty, site: Site, body: str
) -> None:
    contents = {
        "50 MB": b" " * 3_000_000 + b"{}", "wrong type": b"\x89PNG", "gzip": b"\x1f\x8b\x08",
        "html": b"<html>", "empty": b"", "deep": b'{"keys":' + b"[" * 5000,
    }  # fmt: skip
    headers = {"Content-Encoding": "gzip"} if body == "gzip" else {}
    address = site.serve("/jwks", contents[body], headers=headers)
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", jwks=None, jwks_uri=address
    )
    party.key = jwt.key_for("ES256")
    started = perf_counter()
    refusal(party.post("token", OWN), "invalid_client")
    assert perf_counter() - started < 5


@pytest.mark.parametrize(("by", "asking", "arriving"), [
    ("request_uri", MOST_FOR_ONE_HOST, MOST_FOR_ONE_HOST), ("jwks_uri", 2, 1),
])  # fmt: skip
def test_ss_04_a_server_that_is_slow_on_purpose_holds_up_nobody_else(
    make_relying_party: MakeParty, relying_party: RelyingParty, site: Site,
    by: str, asking: int, arriving: int,
) -> None:  # fmt: skip
    """In a worker that answers one request at a time, as with SQLite; and where as many wait for
    that server as may, the next is told to come again."""
    arrived, answering = Semaphore(0), Event()

    def slowly() -> None:
        arrived.release()
        answering.wait(PATIENCE)

    slow = site.serve("/slow", "{}", before=slowly)
    party = make_relying_party(
        request_uris=(slow,), token_endpoint_auth_method="private_key_jwt", jwks_uri=slow
    )
    party.key = jwt.key_for("ES256")
    worker = Admission(relying_party.app, 1)

    def ask() -> Answer:
        if by == "request_uri":
            named = wire.encode({"client_id": party.client_id, "request_uri": slow})
            return wire.get(worker, f"{party.issuer}/authorize?{named}")
        fields, _ = party.credentials()
        return wire.post(worker, f"{party.issuer}/token", {**OWN, **fields})

    with ThreadPoolExecutor(asking) as threads:
        waiting = [threads.submit(ask) for _ in range(asking)]
        try:
            assert all(arrived.acquire(timeout=PATIENCE) for _ in range(arriving))
            assert replace(relying_party, app=worker).client_credentials().access_token
            assert not any(one.done() for one in waiting)
            if by == "request_uri":
                crowded = ask()
                assert (crowded.status, crowded.header("Retry-After")) == (503, "1")
        finally:
            answering.set()
        assert {one.result(PATIENCE).status for one in waiting} <= {400, 401}


@pytest.mark.parametrize("path", ["/request", "/request?x=1", "/request#y", "/other", "/"])
def test_ss_05_a_request_uri_that_is_not_registered_is_not_fetched(
    make_relying_party: MakeParty, site: Site, signed_in: Browser, path: str
) -> None:
    registered = site.serve("/registered", "x.y.z", content_type="application/jwt")
    party: RelyingParty = make_relying_party(request_uris=(registered,))
    refused = party.refused(signed_in, request_uri=site.url(path))
    assert refused.error == "invalid_request_uri"
    assert site.received == []
