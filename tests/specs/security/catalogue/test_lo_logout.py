"""LO: signing out at a wish that is not proven (OpenID Connect RP-Initiated Logout §6)."""

import pytest

from provider.context import Provider
from tests.specs.security.catalogue.conftest import Bystander
from tests.support import jwt, wire
from tests.support.arrival import MakeParty, at_account
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import row_counts


def test_lo_01_a_get_without_a_hint_signs_nobody_out(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    before = row_counts(provider)
    for query in (
        {}, {"client_id": relying_party.client_id}, {"state": "x"}, {"id_token_hint": "x"},
        {"post_logout_redirect_uri": "https://evil.example"}, {"logout_hint": "tester"},
        {"id_token_hint": "", "confirm": "yes"}, {"action": "confirm", "csrf_token": "x"},
    ):  # fmt: skip
        signed_in.come(f"{relying_party.endpoint('end_session')}?{wire.encode(query)}")
        assert signed_in.left is None
        signed_in.come_with(relying_party.endpoint("end_session"), query)
        assert signed_in.left is None
    at_account(signed_in)
    assert row_counts(provider) == before


BYE = "https://rp.example/bye"


@pytest.mark.settings(profile="openid")
def test_lo_04_no_other_token_of_ours_is_a_hint_and_no_hint_serves_another(
    make_relying_party: MakeParty, signed_in: Browser, bystander: Bystander
) -> None:
    """OR-02 as well: the person is asked, and whoever is signed in already goes nowhere."""
    party = make_relying_party(
        post_logout_redirect_uris=(BYE,), userinfo_signed_response_alg="RS256",
        introspection_signed_response_alg="RS256",
    )  # fmt: skip
    other = make_relying_party(post_logout_redirect_uris=("https://other.example/bye",))
    tokens, foreign = party.sign_in(signed_in), other.sign_in(signed_in)
    introspected = party.post("introspection", {"token": tokens.access_token}).text
    userinfo = party.userinfo_raw(tokens.access_token).text
    for hint in (
        tokens.access_token, tokens.refresh_token, userinfo, introspected, foreign.id_token,
        jwt.unsigned(tokens.claims), jwt.tampered(tokens.id_token, sub="x"), "a.b.c.d.e",
    ):  # fmt: skip
        for named in (None, party.client_id):
            goes_nowhere(signed_in, party, id_token_hint=hint, client_id=named)
    mine = tokens.id_token
    goes_nowhere(signed_in, party, id_token_hint=mine, client_id=other.client_id)
    goes_nowhere(signed_in, party, id_token_hint=bystander.tokens.id_token)
    for uri in (BYE + "/", BYE + "?x", BYE.upper(), BYE + "#", party.redirect_uri, f" {BYE}"):
        goes_nowhere(signed_in, party, id_token_hint=mine, post_logout_redirect_uri=uri)
    at_account(signed_in)


def goes_nowhere(browser: Browser, party: RelyingParty, **wrong: str | None) -> None:
    """Ask to sign out, with the session and without one; nobody is signed out or sent on."""
    sent = {"post_logout_redirect_uri": BYE, "state": "x", **wrong}
    browser.come(f"{party.endpoint('end_session')}?{wire.encode(sent)}")
    assert browser.left is None
    assert browser.page.has("logout-confirm")
    stranger = Browser(party.app, party.issuer)
    stranger.come_with(party.endpoint("end_session"), sent)
    assert stranger.left is None
