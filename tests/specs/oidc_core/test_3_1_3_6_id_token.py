"""OpenID Connect Core §2, §3.1.3.3, §3.1.3.6, §12.2: what the ID token says."""

from collections.abc import Callable

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

MakeParty = Callable[..., RelyingParty]
PROTOCOL_CLAIMS = {
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "jti",
    "sid",
}


@pytest.mark.spec("OIDCC-2", "OIDCC-3.1.3.6")
@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_an_id_token_is_signed_as_the_client_registered(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=alg)
    tokens = party.sign_in(signed_in)
    header = jwt.header_of(tokens.id_token)
    assert header["alg"] == alg
    assert header["kid"]
    assert alg in party.metadata["id_token_signing_alg_values_supported"]


@pytest.mark.spec("OIDCC-2", "OIDCC-15.1")
def test_rs256_is_the_default(relying_party: RelyingParty, signed_in: Browser) -> None:
    tokens = relying_party.sign_in(signed_in)
    assert jwt.header_of(tokens.id_token)["alg"] == "RS256"


@pytest.mark.spec("OIDCC-5.4")
def test_an_id_token_holds_protocol_claims_only(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    claims = relying_party.sign_in(signed_in, scope="openid profile email address phone").claims
    assert {*claims} <= PROTOCOL_CLAIMS


@pytest.mark.spec("OIDCC-2")
def test_an_id_token_says_what_happened(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    began = clock.now()
    clock.advance(300)
    claims = relying_party.sign_in(signed_in).claims
    assert claims["auth_time"] == began
    assert claims["iat"] == clock.now()
    assert claims["exp"] == clock.now() + 600
    assert claims["acr"] in relying_party.metadata["acr_values_supported"]
    assert claims["amr"] == ["pwd"]


@pytest.mark.spec("OIDCC-2")
@pytest.mark.parametrize("asked", ["urn:mace:incommon:iap:silver", "phr phrh", "2"])
def test_acr_never_claims_more_than_happened(
    relying_party: RelyingParty, signed_in: Browser, asked: str
) -> None:
    claims = relying_party.sign_in(signed_in, acr_values=asked).claims
    assert claims["acr"] not in asked.split()


@pytest.mark.spec("OIDCC-8", "OIDCC-2")
def test_the_subject_is_stable_and_says_nothing_about_the_person(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    first = relying_party.sign_in(signed_in).claims["sub"]
    clock.advance(3600)
    assert relying_party.sign_in(signed_in).claims["sub"] == first
    assert "tester" not in first
    assert first.isascii()
    assert len(first) >= 16


@pytest.mark.spec("OIDCC-12.2")
def test_a_refreshed_id_token_keeps_the_sign_in_and_moves_the_time(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    first = relying_party.sign_in(signed_in)
    clock.advance(1000)
    again = relying_party.refresh(first.refresh_token)
    same = ("iss", "sub", "aud", "auth_time", "acr", "amr")
    assert [again.claims[name] for name in same] == [first.claims[name] for name in same]
    assert ("azp" in again.claims) == ("azp" in first.claims)
    assert again.claims["iat"] == first.claims["iat"] + 1000
    assert "nonce" not in again.claims


@pytest.mark.spec("OIDCC-3.1.3.3", "RFC9068-2")
def test_the_access_token_beside_it_is_of_another_kind(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in)
    assert jwt.header_of(tokens.access_token)["typ"] == "at+jwt"
    assert jwt.header_of(tokens.id_token)["typ"] == "JWT"
    claims = jwt.verified(tokens.access_token, relying_party.jwks)
    assert claims["sub"] == tokens.claims["sub"]
    assert claims["client_id"] == relying_party.client_id
    assert relying_party.issuer in claims["aud"]
    assert claims["jti"]


@pytest.mark.spec("RFC8725-3.12")
def test_an_id_token_opens_nothing(relying_party: RelyingParty, signed_in: Browser) -> None:
    tokens = relying_party.sign_in(signed_in)
    answer = relying_party.userinfo_raw(tokens.id_token)
    assert answer.status == 401
    assert 'error="invalid_token"' in str(answer.header("WWW-Authenticate"))
    assert relying_party.introspect(tokens.id_token) == {"active": False}


@pytest.mark.spec("OIDCC-3.1.3.7", "OIDCC-10.1.1")
def test_every_published_key_can_be_told_apart_and_holds_nothing_private(
    relying_party: RelyingParty,
) -> None:
    keys = relying_party.jwks["keys"]
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] in ("sig", "enc")
        assert key["use"] == "enc" or key["alg"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & {*key}
