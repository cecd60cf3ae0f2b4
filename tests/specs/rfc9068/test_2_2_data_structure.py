"""RFC 9068 §2: the form of an access token, as a resource server reads it with no help of ours."""

import re
from collections.abc import Callable

import pytest

from provider.model.account import Account
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.relying_party import RelyingParty, Tokens

pytestmark = pytest.mark.spec("RFC9068-2.2")

MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in, scope="openid email notes:read offline_access")


def test_it_verifies_against_the_published_keys(
    relying_party: RelyingParty, tokens: Tokens
) -> None:
    claims = jwt.verified(tokens.access_token, relying_party.jwks, algorithms=["ES256"])
    assert claims["iss"] == relying_party.issuer


@pytest.mark.spec("RFC9068-2.1")
def test_its_header_says_what_it_is_and_nothing_more(tokens: Tokens) -> None:
    header = jwt.header_of(tokens.access_token)
    assert set(header) == {"alg", "typ", "kid"}
    assert header["typ"] == "at+jwt"
    assert header["alg"] == "ES256"


def test_it_has_the_required_claims(
    relying_party: RelyingParty, tokens: Tokens, account: Account, clock: SettableClock
) -> None:
    claims = jwt.claims_of(tokens.access_token)
    assert claims["iss"] == relying_party.issuer
    assert claims["sub"] == account.id == tokens.claims["sub"]
    assert claims["client_id"] == relying_party.client_id
    assert claims["aud"] == relying_party.issuer
    assert claims["iat"] == clock.now()
    assert claims["exp"] == clock.now() + 600 == clock.now() + tokens.body["expires_in"]
    assert re.fullmatch(r"[\w.-]{20,}", claims["jti"])


def test_it_has_protocol_claims_only(tokens: Tokens) -> None:
    assert set(jwt.claims_of(tokens.access_token)) == {
        *("iss", "sub", "aud", "client_id", "iat", "exp", "jti"),
        *("scope", "auth_time", "acr", "amr", "status"),
    }


@pytest.mark.spec("RFC9068-2.2.3")
def test_its_scope_is_what_was_granted(tokens: Tokens) -> None:
    assert jwt.claims_of(tokens.access_token)["scope"] == tokens.body["scope"]


@pytest.mark.spec("RFC9068-2.2.1")
def test_it_tells_when_and_how_the_person_signed_in(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    first = jwt.claims_of(tokens.access_token)
    assert first["auth_time"] == tokens.claims["auth_time"] == clock.now()
    assert (first["acr"], first["amr"]) == (tokens.claims["acr"], tokens.claims["amr"])
    clock.advance(3600)
    later = jwt.claims_of(relying_party.refresh(tokens.refresh_token).access_token)
    assert later["auth_time"] == first["auth_time"]


def test_no_two_have_the_same_jti(relying_party: RelyingParty, tokens: Tokens) -> None:
    seen = [jwt.claims_of(tokens.access_token)["jti"]]
    for _ in range(5):
        tokens = relying_party.refresh(tokens.refresh_token)
        seen.append(jwt.claims_of(tokens.access_token)["jti"])
    assert len(set(seen)) == 6


def test_a_client_that_acts_for_itself_is_the_subject(relying_party: RelyingParty) -> None:
    claims = jwt.claims_of(relying_party.client_credentials().access_token)
    assert claims["sub"] == claims["client_id"] == relying_party.client_id
    assert not {"auth_time", "acr", "amr"} & set(claims)


@pytest.mark.spec("RFC9068-3")
def test_its_audience_is_the_resource_that_was_asked_for(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, resource=API, scope="notes:read")
    assert jwt.claims_of(tokens.access_token)["aud"] == API


@pytest.mark.spec("RFC9068-3")
@pytest.mark.settings(default_audience="https://default.example")
def test_its_audience_is_the_default_where_no_resource_was_asked_for(
    relying_party: RelyingParty,
) -> None:
    claims = jwt.claims_of(relying_party.client_credentials().access_token)
    assert claims["aud"] == "https://default.example"


@pytest.mark.spec("RFC9068-2.1")
@pytest.mark.parametrize("alg", ["ES256", "RS256", "PS256", "ES384", "EdDSA"])
def test_a_client_can_have_an_algorithm_of_its_own(
    make_relying_party: MakeParty, alg: str
) -> None:
    party = make_relying_party(policy={"access_token_alg": alg})
    tokens = party.client_credentials()
    assert jwt.header_of(tokens.access_token)["alg"] == alg
    assert jwt.verified(tokens.access_token, party.jwks, algorithms=[alg])


def test_a_client_can_have_a_lifetime_of_its_own(
    make_relying_party: MakeParty, clock: SettableClock
) -> None:
    tokens = make_relying_party(policy={"access_token_lifetime": 90}).client_credentials()
    assert tokens.body["expires_in"] == 90
    assert jwt.claims_of(tokens.access_token)["exp"] == clock.now() + 90


@pytest.mark.spec("RFC9068-5")
@pytest.mark.spec("RFC8725-3.11")
def test_it_cannot_be_taken_for_an_id_token(tokens: Tokens) -> None:
    access, identity = (
        jwt.header_of(tokens.access_token)["typ"],
        jwt.header_of(tokens.id_token)["typ"],
    )
    assert access != identity
    assert "nonce" not in jwt.claims_of(tokens.access_token)
