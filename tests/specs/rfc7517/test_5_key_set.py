"""RFC 7517 §5: the published keys. Public members only, each key for one algorithm; cacheable for
less time than a key is published before it signs."""

import pytest
import sqlalchemy as sa

from provider.app import create_app
from provider.context import Provider
from tests.support import jwt, wire
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

pytestmark = pytest.mark.spec("RFC7517-5")

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}


def fetch(party: RelyingParty, etag: str | None = None) -> Answer:
    headers = {"If-None-Match": etag} if etag is not None else {}
    return wire.get(party.app, party.endpoint("jwks_uri"), headers=headers)


def test_the_answer_is_a_set_of_keys(relying_party: RelyingParty) -> None:
    answer = fetch(relying_party)
    assert answer.status == 200
    assert answer.content_type == "application/json"
    assert set(answer.json) == {"keys"}


def test_nothing_private_is_published(relying_party: RelyingParty) -> None:
    for key in relying_party.jwks["keys"]:
        assert not PRIVATE & set(key)
        assert key["kty"] in ("RSA", "EC", "OKP")


@pytest.mark.spec("RFC7517-4")
def test_every_key_says_what_it_is_for_and_no_two_share_a_name(
    relying_party: RelyingParty,
) -> None:
    keys = relying_party.jwks["keys"]
    for key in keys:
        assert key["use"] in ("sig", "enc")
        if key["use"] == "sig":
            assert key["alg"] in jwt.ALGORITHMS
        else:
            assert (key["kty"], key.get("alg")) in (("RSA", "RSA-OAEP-256"), ("EC", None))
        assert key["kid"]
    assert len({key["kid"] for key in keys}) == len(keys)


def test_there_is_a_key_for_every_algorithm_the_metadata_names(
    relying_party: RelyingParty,
) -> None:
    named = set(relying_party.metadata["id_token_signing_alg_values_supported"])
    assert named <= {key.get("alg") for key in relying_party.jwks["keys"]}


def test_keys_are_long_enough(relying_party: RelyingParty) -> None:
    for key in relying_party.jwks["keys"]:
        if key["kty"] == "RSA":
            assert len(jwt.decode(key["n"])) >= 256
        elif key["kty"] == "EC":
            curve, length = {"ES384": ("P-384", 48)}.get(key.get("alg"), ("P-256", 32))
            assert key["crv"] == curve
            assert len(jwt.decode(key["x"])) == len(jwt.decode(key["y"])) == length


def test_the_key_tokens_are_derived_with_is_not_published(relying_party: RelyingParty) -> None:
    assert all(key.get("alg") != "HS256" for key in relying_party.jwks["keys"])


@pytest.mark.spec("OIDCC-10.1.1")
def test_the_set_may_be_kept_for_five_minutes(relying_party: RelyingParty) -> None:
    assert fetch(relying_party).header("Cache-Control") == "public, max-age=300"


@pytest.mark.spec("RFC9110-13.1.2")
def test_who_has_the_set_is_told_so_without_a_body(relying_party: RelyingParty) -> None:
    first = fetch(relying_party)
    etag = first.header("ETag")
    assert etag is not None
    again = fetch(relying_party, etag)
    assert (again.status, again.body) == (304, b"")
    assert again.header("ETag") == etag
    assert again.header("Cache-Control") == first.header("Cache-Control")


@pytest.mark.spec("RFC9110-13.1.2")
def test_a_weak_or_listed_validator_is_understood(relying_party: RelyingParty) -> None:
    etag = fetch(relying_party).header("ETag")
    assert fetch(relying_party, f"W/{etag}").status == 304
    assert fetch(relying_party, f'"other", {etag}').status == 304


@pytest.mark.spec("RFC9110-13.1.2")
def test_the_wildcard_matches_whatever_there_is(relying_party: RelyingParty) -> None:
    assert fetch(relying_party, "*").status == 304


@pytest.mark.spec("RFC9110-13.1.2")
@pytest.mark.parametrize("etag", ['"other"', "", "other", '"'])
def test_who_has_another_set_gets_this_one(relying_party: RelyingParty, etag: str) -> None:
    assert fetch(relying_party, etag).status == 200


def test_head_answers_without_a_body(relying_party: RelyingParty) -> None:
    answer = wire.send(relying_party.app, "HEAD", relying_party.endpoint("jwks_uri"))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("ETag") == fetch(relying_party).header("ETag")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_set_is_only_read(relying_party: RelyingParty, method: str) -> None:
    answer = wire.send(relying_party.app, method, relying_party.endpoint("jwks_uri"))
    assert answer.status == 405
    assert "GET" in (answer.header("Allow") or "")


def test_scripts_of_any_origin_may_read_it(relying_party: RelyingParty) -> None:
    headers = {"Origin": "https://anyone.example"}
    answer = wire.get(relying_party.app, relying_party.endpoint("jwks_uri"), headers=headers)
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert answer.header("Access-Control-Allow-Credentials") is None


def test_it_does_not_change_while_the_keys_do_not(
    relying_party: RelyingParty, clock: SettableClock
) -> None:
    first = fetch(relying_party)
    clock.advance(3600)
    again = fetch(relying_party)
    assert (again.body, again.header("ETag")) == (first.body, first.header("ETag"))


@pytest.mark.parametrize("etag", [None, '"any"'])
def test_before_any_key_is_known_an_outage_is_an_outage(
    provider: Provider, etag: str | None
) -> None:
    def refuse(*_: object) -> None:
        raise sa.exc.OperationalError("no", {}, Exception("the database is away"))

    app = create_app(provider.settings, clock=provider.clock, entropy=provider.entropy)
    fresh: Provider = app.extensions["signet"]
    for engine in (fresh.engine, fresh.looks):
        sa.event.listen(engine, "before_cursor_execute", refuse)
    headers = {"If-None-Match": etag} if etag is not None else {}
    answer = wire.get(app, f"{provider.issuer}/jwks", headers=headers)
    assert (answer.status, answer.json["error"]) == (503, "temporarily_unavailable")
    assert answer.header("Retry-After")
    fresh.engine.dispose()
