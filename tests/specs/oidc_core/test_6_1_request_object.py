"""OpenID Connect Core §6.1: a request object by value, merged with what stands outside."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.factories import API, front_channel
from tests.support.relying_party import Attempt, RelyingParty
from tests.support.request_objects import by_value, finish, refusal_of, sent, signed, signer
from tests.support.site import Site

pytestmark = [pytest.mark.spec("OIDCC-6.1"), pytest.mark.settings(profile="openid")]

MakeParty = Callable[..., RelyingParty]
INVALID = "invalid_request_object"
in_certification = pytest.mark.settings(profile="certification", test_issuer=True)


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return signer(make_relying_party)


def outside_of(party: RelyingParty, **changes: str | None) -> dict[str, str | None]:
    """Return what a client sends beside its request object: all of another request."""
    return {**{k: str(v) for k, v in party.start().parameters.items()}, **changes}


def told(browser: Browser, attempt: Attempt) -> dict[str, str]:
    """Send a request that is to be refused. Return what its client is told."""
    browser.come(attempt.url)
    assert browser.left is not None
    return dict(browser.left.parameters)


def test_what_stands_inside_wins(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, outside=outside_of(party))
    tokens = party.redeem(finish(signed_in, party, attempt))
    assert tokens.claims["nonce"] == attempt.nonce


def test_what_is_only_outside_counts(party: RelyingParty, signed_in: Browser) -> None:
    inside = {"iss": party.client_id, "aud": party.issuer, "max_age": 600}
    attempt = party.start()
    outside = {name: str(value) for name, value in attempt.parameters.items()}
    request = signed(party, inside)
    grant = finish(signed_in, party, sent(party, attempt, **outside, request=request))
    assert party.redeem(grant).claims["nonce"] == attempt.nonce


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "nbf", "client_id", "response_type"])
def test_what_the_specification_recommends_may_be_absent(
    party: RelyingParty, signed_in: Browser, name: str
) -> None:
    attempt = by_value(party, about={name: None}, outside={"response_type": "code"})
    assert finish(signed_in, party, attempt).code


def test_a_client_or_response_type_that_differs_is_refused(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, **front_channel())
    differing = by_value(party, outside=outside_of(party, response_type="id_token"))
    assert told(signed_in, differing)["error"] == "invalid_request"
    differing = by_value(party, about={"client_id": "x"}, outside=outside_of(party))
    assert told(signed_in, differing)["error"] == INVALID


def test_the_words_of_a_response_type_have_no_order(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, **front_channel())
    outside = outside_of(party, response_type="id_token code")
    attempt = by_value(party, outside=outside, response_type="code id_token")
    assert finish(signed_in, party, attempt).tokens.id_token


def test_a_good_redirect_uri_inside_and_a_bad_one_outside(
    party: RelyingParty, signed_in: Browser
) -> None:
    outside = outside_of(party, redirect_uri="https://evil.example/cb")
    assert finish(signed_in, party, by_value(party, outside=outside)).code


def test_a_bad_redirect_uri_inside_and_a_good_one_outside(
    party: RelyingParty, signed_in: Browser
) -> None:
    attempt = by_value(party, redirect_uri="https://evil.example/cb", outside=outside_of(party))
    signed_in.come(attempt.url)
    assert signed_in.problem() == "invalid_request"


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_an_object_within_an_object_is_refused(
    party: RelyingParty, signed_in: Browser, name: str
) -> None:
    inner = signed(party, {"scope": "openid"})
    attempt = by_value(party, about={name: inner}, outside=outside_of(party, state="seen"))
    answer = told(signed_in, attempt)
    assert (answer["error"], answer["state"]) == (INVALID, "seen")


@pytest.mark.parametrize("max_age", [600, "600"])
def test_max_age_may_be_a_number(
    party: RelyingParty, signed_in: Browser, max_age: int | str
) -> None:
    tokens = party.redeem(finish(signed_in, party, by_value(party, about={"max_age": max_age})))
    assert tokens.claims["auth_time"]


def test_max_age_zero_asks_for_a_sign_in(party: RelyingParty, signed_in: Browser) -> None:
    signed_in.come(by_value(party, about={"max_age": 0}).url)
    assert signed_in.at == "login"


@pytest.mark.parametrize("resource", [API, [API]])
def test_resource_may_be_a_list(
    party: RelyingParty, signed_in: Browser, resource: str | list[str]
) -> None:
    tokens = party.redeem(finish(signed_in, party, by_value(party, about={"resource": resource})))
    assert jwt.claims_of(tokens.access_token)["aud"][0] == API


@pytest.mark.parametrize(
    "about",
    [
        {"state": {"a": 1}}, {"scope": ["openid"]}, {"prompt": ["none"]}, {"resource": [[API]]},
        {"resource": {"a": API}}, {"max_age": 1.5}, {"max_age": 2**60}, {"max_age": True},
        {"display": False}, {"ui_locales": ["ko"]}, {"state": "a\x00b"}, {"a\x00b": "c"},
        {f"member{number}": "x" for number in range(101)}, {"nonce": 7},
    ],
    ids=lambda about: str(about)[:40],
)  # fmt: skip
def test_values_of_other_types_are_refused(
    party: RelyingParty, signed_in: Browser, about: dict[str, Any]
) -> None:
    attempt = by_value(party, about=about, outside=outside_of(party, state="seen"))
    assert told(signed_in, attempt)["error"] == INVALID


@pytest.mark.parametrize("about", [{"max_age": "soon"}, {"max_age": -1}, {"prompt": "nope"}])
def test_what_stands_inside_is_checked_like_any_request(
    party: RelyingParty, signed_in: Browser, about: dict[str, Any]
) -> None:
    attempt = by_value(party, about=about)
    assert refusal_of(signed_in, party, attempt) == "invalid_request"


def test_an_unknown_member_is_ignored(party: RelyingParty, signed_in: Browser) -> None:
    assert finish(signed_in, party, by_value(party, about={"favourite_colour": "red"})).code


def test_registration_inside_is_refused_by_its_name(
    party: RelyingParty, signed_in: Browser
) -> None:
    attempt = by_value(party, about={"registration": {"client_name": "x"}})
    assert refusal_of(signed_in, party, attempt) == "registration_not_supported"


def test_a_request_of_six_kilobytes_fits(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, about={"padding": "p" * 6000})
    assert len(attempt.url) > 8192
    assert finish(signed_in, party, attempt).code


def test_it_can_be_posted(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, about={"padding": "p" * 6000})
    fields = dict(parse_qsl(attempt.url.partition("?")[2]))
    signed_in.come_with(party.endpoint("authorization"), fields)
    if signed_in.left is None:
        signed_in.allow()
    assert party.receive(attempt, signed_in.left).code


def test_one_that_stands_twice_is_refused(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, outside=outside_of(party))
    signed_in.come(attempt.url + "&request=x")
    assert signed_in.left is not None
    assert ("error", "invalid_request") in signed_in.left.parameters


# -- keys by reference -------------------------------------------------------


@pytest.mark.spec("OIDCC-10.1.1")
def test_keys_may_stand_at_an_address_of_the_client(
    make_relying_party: MakeParty, site: Site, signed_in: Browser
) -> None:
    keys = [jwt.key_for("ES256", f"key {number}") for number in range(2)]
    party = make_relying_party(jwks_uri=site.url("/jwks"), jwks=None)
    for key in keys:
        site.serve("/jwks", json.dumps(jwt.public_set(key)))
        party.key = key
        assert finish(signed_in, party, by_value(party)).code
        party.clock.advance(60)
    assert site.asked("/jwks") == 2
    party.key = keys[0]
    assert refusal_of(signed_in, party, by_value(party)) == INVALID


def test_without_an_answer_from_there_nobody_is_believed(
    make_relying_party: MakeParty, site: Site, signed_in: Browser
) -> None:
    party = signer(make_relying_party, jwks_uri=site.url("/jwks"), jwks=None)
    for body, status in (("{}", 200), ("[]", 200), ("no", 200), ("{}", 500)):
        site.serve("/jwks", body, status=status)
        assert refusal_of(signed_in, party, by_value(party)) == INVALID
        party.clock.advance(600)


# -- under the client secret --------------------------------------------------


def by_secret(party: RelyingParty, secret: str | None = None) -> Attempt:
    """Return a request in an object under the client's secret, or another one."""
    key = (secret or party.secret or "").encode()
    return by_value(party, lambda claims: jwt.keyed_with(key, claims))


def test_an_object_under_the_client_secret_is_taken(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(request_object_signing_alg="HS256")
    assert "HS256" in party.metadata["request_object_signing_alg_values_supported"]
    assert finish(signed_in, party, by_secret(party)).code


def test_an_object_under_another_secret_is_refused(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party, other = (make_relying_party(request_object_signing_alg="HS256") for _ in range(2))
    for secret in (other.secret, party.client_id, "x" * 32):
        assert refusal_of(signed_in, party, by_secret(party, secret)) == INVALID


@pytest.mark.parametrize("registered", [None, "RS256", "ES256", "none"])
def test_a_secret_counts_only_for_who_registered_it_as_its_key(
    make_relying_party: MakeParty, signed_in: Browser, registered: str | None
) -> None:
    party = make_relying_party(request_object_signing_alg=registered)
    assert refusal_of(signed_in, party, by_secret(party)) == INVALID


def test_who_registered_a_secret_signs_with_nothing_else(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, request_object_signing_alg="HS256")
    assert refusal_of(signed_in, party, by_value(party)) == INVALID


@pytest.mark.spec("RFC9101-10.8")
def test_what_we_sign_under_the_secret_is_no_request(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        request_object_signing_alg="HS256", id_token_signed_response_alg="HS256"
    )
    id_token = party.sign_in(signed_in).id_token
    attempt = sent(party, party.start(), request=id_token, response_type="code")
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.settings(profile="oauth21")
def test_oauth_2_1_takes_no_object_under_a_secret(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(request_object_signing_alg="HS256")
    assert "HS256" not in party.metadata["request_object_signing_alg_values_supported"]
    assert refusal_of(signed_in, party, by_secret(party)) == INVALID


# -- unsigned ----------------------------------------------------------------


@in_certification
@pytest.mark.parametrize("registered", [None, "none"])
def test_an_unsigned_object_is_taken_for_certification(
    make_relying_party: MakeParty, signed_in: Browser, registered: str | None
) -> None:
    party = make_relying_party(request_object_signing_alg=registered)
    assert "none" in party.metadata["request_object_signing_alg_values_supported"]
    attempt = by_value(party, jwt.unsigned, outside=outside_of(party))
    assert party.redeem(finish(signed_in, party, attempt)).claims["nonce"] == attempt.nonce


@in_certification
def test_an_unsigned_object_with_a_redirect_uri_inside(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    outside = outside_of(relying_party, redirect_uri="https://evil.example/cb")
    attempt = by_value(relying_party, jwt.unsigned, outside=outside)
    assert finish(signed_in, relying_party, attempt).code


@in_certification
@pytest.mark.parametrize(
    "about",
    [{"exp": 1}, {"aud": "https://x.example"}, {"iss": "x"}, {"client_id": "x"}, {"sub": "x"}],
)
def test_an_unsigned_object_keeps_the_other_rules(
    relying_party: RelyingParty, signed_in: Browser, about: dict[str, Any]
) -> None:
    attempt = by_value(relying_party, jwt.unsigned, about=about)
    assert refusal_of(signed_in, relying_party, attempt) == INVALID


@in_certification
@pytest.mark.parametrize(
    "head", [{"alg": "None"}, {"alg": ""}, {"crit": ["x"]}, {"typ": "at+jwt"}, {"b64": False}]
)
def test_an_unsigned_object_has_a_plain_header(
    relying_party: RelyingParty, signed_in: Browser, head: dict[str, Any]
) -> None:
    attempt = by_value(relying_party, lambda claims: jwt.unsigned(claims, **head))
    assert refusal_of(signed_in, relying_party, attempt) == INVALID


@in_certification
def test_an_unsigned_object_has_no_signature(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    attempt = by_value(relying_party, lambda claims: jwt.unsigned(claims) + "AAAA")
    assert refusal_of(signed_in, relying_party, attempt) == INVALID


@in_certification
@pytest.mark.parametrize("registered", ["RS256", "ES256"])
def test_a_client_that_registered_a_signature_is_held_to_it(
    make_relying_party: MakeParty, signed_in: Browser, registered: str
) -> None:
    party = make_relying_party(request_object_signing_alg=registered)
    assert refusal_of(signed_in, party, by_value(party, jwt.unsigned)) == INVALID


@pytest.mark.parametrize("registered", [None, "none"])
def test_elsewhere_nobody_is_believed_without_a_signature(
    make_relying_party: MakeParty, signed_in: Browser, registered: str | None
) -> None:
    party = make_relying_party(request_object_signing_alg=registered)
    assert "none" not in party.metadata["request_object_signing_alg_values_supported"]
    attempt = by_value(party, jwt.unsigned, outside=outside_of(party, state="seen"))
    assert told(signed_in, attempt)["error"] == INVALID


@in_certification
def test_an_unsigned_object_is_json_and_an_object(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    head = jwt.encode(json.dumps({"alg": "none"}).encode())
    for payload in (b"[]", b'"text"', b"{", b"\xff", b'{"state": "\\ud800"}', b"[" * 9000):
        token = f"{head}.{jwt.encode(payload)}."
        attempt = sent(relying_party, relying_party.start(), request=token)
        assert refusal_of(signed_in, relying_party, attempt) == INVALID
