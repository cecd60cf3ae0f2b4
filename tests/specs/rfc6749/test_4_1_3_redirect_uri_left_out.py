"""RFC 6749 §4.1.3 against draft-ietf-oauth-v2-1 §10: a token request may leave out `redirect_uri`
where the right verifier proves that the code is its client's. One that is sent is compared."""

from typing import Any

import pytest

from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, refusal

ABSENT: dict[str, str | None] = {"redirect_uri": None}
EMPTY: dict[str, str | None] = {"redirect_uri": ""}
WRONG: dict[str, str | None] = {"redirect_uri": "https://rp.example/other"}
WITHOUT_PKCE = {"policy": {"require_pkce": False}, "use_pkce": False}
URIS = ("https://rp.example/cb", "https://rp.example/other")
PROFILES = {
    name: pytest.mark.settings(profile=name, test_issuer=name == "certification")
    for name in ("oauth21", "openid", "certification")
}
LEAVING_OUT = [pytest.param(marks=PROFILES[name], id=name) for name in ("oauth21", "openid")]
EVERYWHERE = [pytest.param(marks=mark, id=name) for name, mark in PROFILES.items()]


@pytest.mark.spec("RFC6749-4.1.3", "RFC7636-4.6")
@pytest.mark.both_databases
@pytest.mark.parametrize((), LEAVING_OUT)
@pytest.mark.parametrize("sent", [ABSENT, EMPTY], ids=["absent", "empty"])
@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_with_the_right_verifier_the_address_may_be_left_out(
    make_relying_party: MakeParty, signed_in: Browser, sent: dict[str, Any], kind: str
) -> None:
    method = {"token_endpoint_auth_method": "none"} if kind == "public" else {}
    party = make_relying_party(redirect_uris=URIS, **method)
    assert party.redeem(party.authorize(signed_in), **sent).access_token


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize((), EVERYWHERE)
@pytest.mark.parametrize("sent", [ABSENT, EMPTY], ids=["absent", "empty"])
def test_without_pkce_the_address_is_due(
    make_relying_party: MakeParty, signed_in: Browser, sent: dict[str, Any]
) -> None:
    party = make_relying_party(**WITHOUT_PKCE)
    grant = party.authorize(signed_in)
    refusal(party.redeem_raw(grant, **sent), "invalid_request")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.settings(profile="certification", test_issuer=True)
@pytest.mark.parametrize("sent", [ABSENT, EMPTY], ids=["absent", "empty"])
def test_the_profile_certification_demands_the_address_with_pkce_too(
    relying_party: RelyingParty, signed_in: Browser, sent: dict[str, Any]
) -> None:
    grant = relying_party.authorize(signed_in)
    refusal(relying_party.redeem_raw(grant, **sent), "invalid_request")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize((), EVERYWHERE)
@pytest.mark.parametrize("about", [{}, WITHOUT_PKCE], ids=["with PKCE", "without"])
def test_a_wrong_address_is_refused_whatever_else_is_right(
    make_relying_party: MakeParty, signed_in: Browser, about: dict[str, Any]
) -> None:
    party = make_relying_party(redirect_uris=URIS, **about)
    grant = party.authorize(signed_in)
    refusal(party.redeem_raw(grant, **WRONG), "invalid_grant")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC7636-4.6", "RFC9700-4.8.2")
@pytest.mark.parametrize((), LEAVING_OUT)
@pytest.mark.parametrize(
    ("verifier", "error"),
    [(None, "invalid_grant"), ("w" * 43, "invalid_grant"), ("short", "invalid_request")],
)
def test_without_the_right_verifier_nothing_takes_the_place_of_the_address(
    relying_party: RelyingParty, signed_in: Browser, verifier: str | None, error: str
) -> None:
    grant = relying_party.authorize(signed_in)
    refusal(relying_party.redeem_raw(grant, **ABSENT, code_verifier=verifier), error)
    assert relying_party.redeem(grant, **ABSENT).access_token


@pytest.mark.spec("RFC9700-4.8.2")
@pytest.mark.parametrize((), LEAVING_OUT)
def test_a_verifier_for_a_code_without_a_challenge_proves_nothing(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**WITHOUT_PKCE)
    grant = party.authorize(signed_in)
    refusal(party.redeem_raw(grant, **ABSENT, code_verifier="v" * 43), "invalid_request")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.2")
@pytest.mark.parametrize((), LEAVING_OUT)
def test_a_replay_without_the_address_ends_what_came_of_the_code(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    grant = relying_party.authorize(signed_in)
    tokens = relying_party.redeem(grant, **ABSENT)
    refusal(relying_party.redeem_raw(grant, **ABSENT), "invalid_grant")
    assert not relying_party.is_accepted(tokens.access_token)
