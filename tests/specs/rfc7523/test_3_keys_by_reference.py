"""Keys of a client behind its `jwks_uri`: fetched when first needed, kept, asked for anew when an
unknown one is named, and never trusted for more than keys given by value are."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support import jwt
from tests.support.arrival import MakeParty
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.site import Site

PATH = "/keys"


def publish(site: Site, *keys: Any, **about: Any) -> str:
    return site.serve(PATH, json.dumps(jwt.public_set(*keys)), **about)


@pytest.fixture
def party(make_relying_party: MakeParty, site: Site) -> RelyingParty:
    """A client that is known by the address of its keys only."""
    url = publish(site, jwt.key_for("ES256"))
    return make_relying_party(
        token_endpoint_auth_method="private_key_jwt", jwks=None, jwks_uri=url
    )


def refused(party: RelyingParty) -> bool:
    answer = party.post("token", {"grant_type": "client_credentials"})
    if answer.status == 200:
        return False
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")
    return True


@pytest.mark.spec("OIDF-oidcc-registration-jwks-uri", "OIDCC-10.1.1")
def test_a_client_known_by_the_address_of_its_keys_authenticates(
    party: RelyingParty, site: Site
) -> None:
    assert not refused(party)
    (asked,) = site.received
    assert asked.method == "GET"
    assert asked.headers["host"] == site.host
    assert "cookie" not in asked.headers


def test_keys_are_kept(party: RelyingParty, site: Site, clock: SettableClock) -> None:
    for _ in range(3):
        assert not refused(party)
        clock.advance(90)
    assert site.asked(PATH) == 1
    clock.advance(300)
    assert not refused(party)
    assert site.asked(PATH) == 2


@pytest.mark.parametrize(
    ("said", "seconds", "times"),
    [
        ("max-age=1000", 999, 1),
        ("max-age=1000", 1000, 2),
        ("max-age=99999", 3600, 2),
        ("no-store", 29, 1),
        ("no-store", 30, 2),
        ("no-cache", 29, 1),
        ("no-cache", 30, 2),
        ("max-age=0", 29, 1),
        ("max-age=0", 30, 2),
        ("private, max-age=60", 60, 2),
        ("nonsense", 299, 1),
    ],
)
def test_they_are_kept_as_http_says_within_bounds(
    party: RelyingParty, site: Site, clock: SettableClock, said: str, seconds: int, times: int
) -> None:
    publish(site, jwt.key_for("ES256"), headers={"Cache-Control": said})
    assert not refused(party)
    clock.advance(seconds)
    assert not refused(party)
    assert site.asked(PATH) == times


@pytest.mark.spec("OIDF-oidcc-refresh-token-rp-key-rotation", "OIDCC-10.1.1")
def test_an_unknown_key_is_looked_for_and_a_removed_one_is_gone(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    assert not refused(party)
    clock.advance(60)
    old, new = jwt.key_for("ES256"), jwt.key_for("ES256", "next")
    publish(site, new)
    party.key = new
    assert not refused(party)
    assert site.asked(PATH) == 2
    party.key = old
    assert refused(party)


def test_invented_key_ids_make_us_ask_at_most_twice_a_minute(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    assert not refused(party)
    party.key = jwt.key_for("ES256", "invented")
    for _ in range(5):
        assert refused(party)
    assert site.asked(PATH) == 1
    clock.advance(30)
    for _ in range(5):
        assert refused(party)
    assert site.asked(PATH) == 2


def test_what_may_not_be_kept_is_asked_for_twice_a_minute_whoever_sends_what(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    genuine, invented = jwt.key_for("ES256"), jwt.key_for("ES256", "invented")
    publish(site, genuine, headers={"Cache-Control": "no-store"})
    for times in (1, 2, 3):
        for key in (genuine, invented, invented, genuine):
            party.key = key
            assert refused(party) is (key is invented)
        assert site.asked(PATH) == times
        clock.advance(30)


def test_a_key_that_is_new_is_found_although_the_document_may_not_be_kept(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    publish(site, jwt.key_for("ES256"), headers={"Cache-Control": "no-store"})
    assert not refused(party)
    party.key = jwt.key_for("ES256", "next")
    publish(site, party.key, headers={"Cache-Control": "no-store"})
    assert refused(party)
    clock.advance(30)
    assert not refused(party)


def test_an_outage_of_the_client_leaves_what_was_known(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    assert not refused(party)
    site.serve(PATH, "no", status=503)
    clock.advance(3600)
    assert not refused(party)
    clock.advance(86400)
    assert refused(party)


@pytest.mark.parametrize("body", ["<html>We are being mended</html>", "[]", "{}", '{"keys": 1}'])
def test_what_is_no_key_set_does_not_replace_one(
    party: RelyingParty, site: Site, clock: SettableClock, body: str
) -> None:
    assert not refused(party)
    site.serve(PATH, body)
    clock.advance(3600)
    assert not refused(party)
    assert site.asked(PATH) == 2


def test_an_empty_key_set_takes_the_keys_away(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    assert not refused(party)
    publish(site)
    clock.advance(3600)
    assert refused(party)


@pytest.mark.parametrize(
    "about",
    [
        {"body": "no", "status": 500},
        {"body": "<html>", "content_type": "text/html"},
        {"body": "[]"},
        {"body": "{}"},
        {"body": '{"keys": []}'},
        {"body": '{"keys": [{"kty": "oct", "k": "AAAA", "alg": "ES256", "kid": "x"}]}'},
        {"body": "x" * 70_000},
        {"body": "", "status": 302, "headers": {"Location": "/elsewhere"}},
        {"body": b"\xff"},
    ],
)
def test_what_is_no_key_set_authenticates_nobody(
    party: RelyingParty, site: Site, about: dict[str, Any]
) -> None:
    site.serve(PATH, **about)
    assert refused(party)


def test_private_keys_are_refused(party: RelyingParty, site: Site) -> None:
    key = jwt.key_for("ES256")
    site.serve(PATH, json.dumps({"keys": [key.as_dict(private=True)]}))
    assert refused(party)


def test_a_host_that_is_not_allowed_is_not_asked(
    make_relying_party: MakeParty, site: Site
) -> None:
    publish(site, jwt.key_for("ES256"))
    for url in (
        f"https://127.0.0.1:{site.port}{PATH}",
        f"http://{site.host}{PATH}",
        f"https://[::1]:{site.port}{PATH}",
        f"https://user@{site.host}{PATH}",
    ):
        made = make_relying_party(
            token_endpoint_auth_method="private_key_jwt", jwks=None, jwks_uri=url
        )
        assert refused(made)
    assert site.received == []


def test_many_at_once_ask_once(party: RelyingParty, site: Site) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda _: refused(party), range(8)))
    assert site.asked(PATH) == 1


STRANGE = [
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "s"},
    {"kty": "OKP", "crv": "X25519", "x": "AA", "kid": "s"},
    {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA", "kid": "s"},
    {"kty": "RSA", "n": "AA", "e": "AQAB", "alg": "RS512", "kid": 5},
]


@pytest.mark.spec("RFC7517-5", "OIDCC-10.1.1")
@pytest.mark.parametrize("strange", STRANGE, ids=str)
def test_a_strange_key_that_a_client_publishes_beside_its_own_spoils_nothing(
    party: RelyingParty, site: Site, clock: SettableClock, strange: dict[str, Any]
) -> None:
    assert not refused(party)
    own = jwt.public_set(jwt.key_for("ES256"))["keys"]
    site.serve(PATH, json.dumps({"keys": [strange, *own]}))
    clock.advance(400)
    assert not refused(party)
    assert site.asked(PATH) == 2


@pytest.mark.spec("RFC7517-4.5")
def test_another_key_of_the_same_name_spoils_nothing(
    party: RelyingParty, site: Site, clock: SettableClock
) -> None:
    assert not refused(party)
    own = jwt.public_set(jwt.key_for("ES256"))["keys"]
    (other,) = jwt.public_set(jwt.key_for("ES256", "another"))["keys"]
    site.serve(PATH, json.dumps({"keys": [{**other, "kid": own[0]["kid"]}, *own]}))
    clock.advance(400)
    assert not refused(party)


@pytest.mark.spec("RFC7517-9.2")
@pytest.mark.parametrize("secret", [{"kty": "oct", "k": "AAAA"}, {"d": "AA"}], ids=str)
def test_a_private_key_that_a_client_publishes_spoils_all(
    party: RelyingParty, site: Site, clock: SettableClock, secret: dict[str, str]
) -> None:
    own = jwt.public_set(jwt.key_for("ES256"))["keys"]
    site.serve(PATH, json.dumps({"keys": [*own, {**own[0], "kid": "s", **secret}]}))
    assert refused(party)
