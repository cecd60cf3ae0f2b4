"""OpenID Connect Core §12: the ID token that comes with a refresh is about the same sign-in."""

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, Tokens

pytestmark = pytest.mark.spec("OIDCC-12.2")


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


def test_it_names_the_same_issuer_subject_audience_and_sign_in(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(3600)
    later = relying_party.refresh(tokens.refresh_token)
    for claim in ("iss", "sub", "aud", "auth_time", "acr", "amr"):
        assert later.claims[claim] == tokens.claims[claim]


def test_it_was_issued_now(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(3600)
    later = relying_party.refresh(tokens.refresh_token)
    assert later.claims["iat"] == clock.now()
    assert later.claims["exp"] == clock.now() + 600


def test_it_has_no_nonce(relying_party: RelyingParty, tokens: Tokens) -> None:
    assert "nonce" in tokens.claims
    assert "nonce" not in relying_party.refresh(tokens.refresh_token).claims


def test_it_belongs_to_the_access_token_beside_it(
    relying_party: RelyingParty, tokens: Tokens
) -> None:
    later = relying_party.refresh(tokens.refresh_token)
    assert later.claims["at_hash"] == jwt.half_hash("RS256", later.access_token)
    assert later.claims["at_hash"] != tokens.claims["at_hash"]


def test_a_newer_sign_in_in_the_browser_does_not_change_an_older_grant(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(3600)
    browser = Browser(relying_party.app, relying_party.issuer)
    newer = relying_party.sign_in(browser)
    later = relying_party.refresh(tokens.refresh_token)
    assert later.claims["auth_time"] == tokens.claims["auth_time"]
    assert newer.claims["auth_time"] == clock.now()


@pytest.mark.spec("OIDCC-12.1")
def test_an_access_grant_without_a_sign_in_has_no_id_token_at_refresh_either(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="notes:read offline_access")
    assert "id_token" not in tokens.body
    assert "id_token" not in relying_party.refresh(tokens.refresh_token).body


@pytest.mark.spec("OIDCC-11")
def test_without_offline_access_a_refresh_token_lasts_with_the_session(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid")
    assert "offline_access" not in tokens.scope
    assert relying_party.refresh(tokens.refresh_token).id_token
