"""RFC 9101 §4, §5, §6, §10: what a request object is, and whose."""

from collections.abc import Callable
from typing import Any

import pytest

from provider.context import Provider
from tests.support import jwt
from tests.support.assertions import accepted, present
from tests.support.browser import Browser
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty
from tests.support.request_objects import (
    ALGORITHMS,
    by_value,
    claims_for,
    finish,
    refusal_of,
    sent,
    signed,
    signer,
)

pytestmark = pytest.mark.spec("RFC9101-4", "RFC9101-6.2", "PA-04")

MakeParty = Callable[..., RelyingParty]
INVALID = "invalid_request_object"
JUNK = ("x", "x.y.z", "e30.e30.", "..", "e30.e30.e30", "한국어", "a.b.c.d.e")


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return signer(make_relying_party)


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.settings(profile=name, test_issuer=True))
        for name in ("oauth21", "openid", "certification")
    ],
)
def profile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.spec("RFC9101-5.1")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signed_request_is_answered(
    profile: str, make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = signer(make_relying_party, alg, request_object_signing_alg=alg)
    assert alg in party.metadata["request_object_signing_alg_values_supported"]
    grant = finish(signed_in, party, by_value(party))
    assert party.redeem(grant).claims["sub"]


def test_discovery_says_so_and_names_rs256_first(profile: str, party: RelyingParty) -> None:
    assert party.metadata["request_parameter_supported"] is True
    listed = party.metadata["request_object_signing_alg_values_supported"]
    assert listed[0] == "RS256"
    assert ("none" in listed) == (profile == "certification")


def test_a_signed_request_survives_sign_in_and_consent(
    party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = by_value(party)
    grant = finish(user_agent, party, attempt)
    assert party.redeem(grant).claims["nonce"] == attempt.nonce


@pytest.mark.spec("RFC9101-10.8")
@pytest.mark.parametrize(
    "typ", [None, "JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"]
)
def test_its_type_is_explicit_or_open(
    party: RelyingParty, signed_in: Browser, typ: str | None
) -> None:
    attempt = by_value(party, lambda claims: signed(party, claims, typ=typ))
    assert finish(signed_in, party, attempt).code


@pytest.mark.spec("RFC9101-10.8")
@pytest.mark.parametrize("typ", ["at+jwt", "client-authentication+jwt", "dpop+jwt", ""])
def test_a_jwt_of_another_type_is_refused(
    party: RelyingParty, signed_in: Browser, typ: Any
) -> None:
    attempt = by_value(party, lambda claims: signed(party, claims, typ=typ))
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.parametrize(
    "aud", [["https://op.example"], ["https://op.example", "https://x.example"]]
)
def test_the_audience_may_be_a_list_with_us_in_it(
    party: RelyingParty, signed_in: Browser, aud: list[str]
) -> None:
    assert finish(signed_in, party, by_value(party, about={"aud": aud})).code


@pytest.mark.spec("CL-01")
@pytest.mark.parametrize("late", [{"exp": -59}, {"nbf": 59}, {"iat": 59}])
def test_a_clock_a_minute_off_is_tolerated(
    party: RelyingParty, signed_in: Browser, late: dict[str, int]
) -> None:
    about = {name: party.clock.now() + seconds for name, seconds in late.items()}
    assert finish(signed_in, party, by_value(party, about=about)).code


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"aud": "https://elsewhere.example"}, id="another audience"),
        pytest.param({"aud": ["https://elsewhere.example"]}, id="other audiences"),
        pytest.param({"aud": "https://op.example/"}, id="nearly our audience"),
        pytest.param({"aud": []}, id="nobody as audience"),
        pytest.param({"aud": {"a": 1}}, id="an object as audience"),
        pytest.param({"iss": "somebody else"}, id="another issuer"),
        pytest.param({"iss": 7}, id="a number as issuer"),
        pytest.param({"client_id": "somebody-else"}, id="another client inside"),
        pytest.param({"exp": 1}, id="expired"),
        pytest.param({"exp": "soon"}, id="exp is text"),
        pytest.param({"exp": 4_102_444_800}, id="lives for decades"),
        pytest.param({"nbf": 4_102_444_800}, id="not valid yet"),
        pytest.param({"iat": 4_102_444_800}, id="issued in the future"),
        pytest.param({"jti": ""}, id="empty jti"),
        pytest.param({"jti": 7}, id="a number as jti"),
    ],
)
def test_an_object_that_is_not_for_us_now_is_refused(
    profile: str, party: RelyingParty, signed_in: Browser, about: dict[str, Any]
) -> None:
    assert refusal_of(signed_in, party, by_value(party, about=about)) == INVALID


@pytest.mark.parametrize("name", ["iss", "aud", "client_id"])
def test_oauth_2_1_demands_who_says_it_and_to_whom(
    party: RelyingParty, signed_in: Browser, name: str
) -> None:
    assert refusal_of(signed_in, party, by_value(party, about={name: None})) == INVALID


@pytest.mark.spec("RFC9101-10.8")
def test_a_client_assertion_is_no_request_object(
    profile: str, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    attempt = sent(party, party.start(), request=party.assertion())
    assert refusal_of(signed_in, party, attempt) == INVALID
    pretending = by_value(party, about={"sub": party.client_id})
    assert refusal_of(signed_in, party, pretending) == INVALID


@pytest.mark.spec("RFC9101-10.8")
def test_a_request_object_is_no_client_assertion(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    about = {"jti": "one", "scope": "openid"}
    for typ in ("JWT", None, "oauth-authz-req+jwt"):
        claims = claims_for(party, party.start(), **about)
        assert not accepted(present(party, signed(party, claims, typ=typ)))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_object_is_refused(
    profile: str, party: RelyingParty, signed_in: Browser, forgery: str
) -> None:
    assert party.key is not None
    public = {"kty": "EC", **party.key.as_dict(private=False)}
    attempt = by_value(party, lambda claims: FORGERIES[forgery](signed(party, claims), public))
    if profile == "certification" and forgery in ("alg 'none', no signature",):
        assert finish(signed_in, party, attempt).code
    elif len(attempt.url) > 16_000:
        assert signed_in.come(attempt.url).status == 413
    else:
        assert refusal_of(signed_in, party, attempt) == INVALID


def test_an_object_signed_by_another_client_is_refused(
    profile: str, party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    key = jwt.key_for("ES256", "another client")
    other = make_relying_party(jwks=jwt.public_set(key))
    other.key = key
    assert finish(signed_in, other, by_value(other)).code
    attempt = by_value(party, lambda claims: signed(party, claims, key))
    assert refusal_of(signed_in, party, attempt) == INVALID
    for name in (party.client_id, other.client_id):
        theirs = by_value(other, about={"client_id": name}, outside={"client_id": party.client_id})
        assert refusal_of(signed_in, party, theirs) == INVALID


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_our_own_keys_sign_no_request(
    provider: Provider, party: RelyingParty, signed_in: Browser, alg: str
) -> None:
    token = (
        party.sign_in(signed_in).id_token
        if alg == "RS256"
        else (party.sign_in(signed_in).access_token)
    )
    attempt = sent(party, party.start(), request=token)
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.spec("RFC9101-10.5")
@pytest.mark.parametrize(
    ("registered", "used"), [("RS256", "PS256"), ("ES256", "RS256"), ("none", "ES256")]
)
def test_only_the_registered_algorithm_is_taken(
    profile: str, make_relying_party: MakeParty, signed_in: Browser, registered: str, used: str
) -> None:
    keys = [jwt.key_for(one) for one in ("RS256", "PS256", "ES256")]
    party = make_relying_party(jwks=jwt.public_set(*keys), request_object_signing_alg=registered)
    key = jwt.key_for(used)
    attempt = by_value(party, lambda claims: signed(party, claims, key))
    assert refusal_of(signed_in, party, attempt) == INVALID


def test_a_client_without_keys_signs_nothing(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, jwks=None)
    assert refusal_of(signed_in, party, by_value(party)) == INVALID


@pytest.mark.spec("RFC9101-10.5")
def test_a_client_that_signs_everything_is_held_to_it(
    profile: str, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, require_signed_request_object=True)
    assert party.refused(signed_in).error == "invalid_request"
    attempt = by_value(party, jwt.unsigned)
    assert refusal_of(signed_in, party, attempt) == INVALID
    assert finish(signed_in, party, by_value(party)).code


@pytest.mark.parametrize("request_text", JUNK)
def test_what_is_no_jwt_is_refused(
    profile: str, party: RelyingParty, signed_in: Browser, request_text: str
) -> None:
    assert party.refused(signed_in, request=request_text).error == INVALID


@pytest.mark.spec("RFC9101-5")
def test_the_client_is_named_outside(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, outside={"client_id": None})
    assert refusal_of(signed_in, party, attempt) == "invalid_request"
    attempt = by_value(party, outside={"client_id": "nobody"})
    assert refusal_of(signed_in, party, attempt) == "invalid_request"


@pytest.mark.spec("RFC9101-6.3")
def test_a_refusal_of_what_stands_inside_goes_to_the_client(
    profile: str, party: RelyingParty, signed_in: Browser
) -> None:
    attempt = by_value(party, scope="nope")
    assert refusal_of(signed_in, party, attempt) == "invalid_scope"
    assert signed_in.left is not None


@pytest.mark.spec("RFC9101-7", "RFC9700-4.11")
def test_an_unreadable_object_sends_nobody_to_an_unregistered_address(
    profile: str, party: RelyingParty, signed_in: Browser
) -> None:
    stopped = party.stopped(signed_in, request="x.y.z", redirect_uri="https://evil.example/cb")
    assert stopped == INVALID
    evil = by_value(party, redirect_uri="https://evil.example/cb")
    assert refusal_of(signed_in, party, evil) == "invalid_request"
    assert signed_in.left is None
