"""The element ids that people's automation and certification rely on. They are API: a test here
that has to be changed is a breaking change."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support.arrival import MakeParty, at_consent, at_login, at_logout
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.spec("OIDF-B")

ABOUT = {
    "logo_uri": "https://rp.example/logo.png",
    "policy_uri": "https://rp.example/privacy",
    "tos_uri": "https://rp.example/terms",
}


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(**ABOUT)


def test_the_sign_in_page(party: RelyingParty, user_agent: Browser) -> None:
    at_login(user_agent, party)
    elements = user_agent.page.elements
    assert elements["username"].tag == "input"
    assert elements["password"].tag == "input"
    assert elements["login-submit"].tag == "button"
    assert elements["login-cancel"].tag == "button"
    assert elements["client-logo"].attributes["src"] == ABOUT["logo_uri"]
    assert elements["client-policy"].attributes["href"] == ABOUT["policy_uri"]
    assert elements["client-tos"].attributes["href"] == ABOUT["tos_uri"]
    assert "login-error" not in elements


def test_the_sign_in_page_after_a_failure(
    party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, party)
    user_agent.sign_in("tester", "wrong")
    assert user_agent.page.elements["login-error"].attributes["role"] == "alert"
    assert user_agent.page.text_of("login-error")


def test_the_consent_page(party: RelyingParty, signed_in: Browser) -> None:
    at_consent(signed_in, party)
    elements = signed_in.page.elements
    assert elements["consent-allow"].tag == "button"
    assert elements["consent-deny"].tag == "button"
    assert elements["client-logo"].attributes["src"] == ABOUT["logo_uri"]
    assert elements["client-policy"].attributes["href"] == ABOUT["policy_uri"]
    assert elements["client-tos"].attributes["href"] == ABOUT["tos_uri"]


def test_the_sign_out_pages(party: RelyingParty, signed_in: Browser) -> None:
    at_logout(signed_in, party)
    assert signed_in.page.elements["logout-confirm"].tag == "button"
    assert signed_in.page.elements["logout-cancel"].tag == "button"
    signed_in.press("logout-confirm")
    assert signed_in.page.has("logout-success")


@pytest.mark.settings(profile="openid")
def test_the_page_that_tells_applications_of_a_sign_out(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(frontchannel_logout_uri="https://rp.example/signed-out-elsewhere")
    party.sign_in(signed_in)
    at_logout(signed_in, party)
    signed_in.press("logout-confirm")
    assert signed_in.page.elements["logout-continue"].tag == "a"


def test_the_error_page(party: RelyingParty, user_agent: Browser) -> None:
    assert party.stopped(user_agent, redirect_uri="https://evil.example/cb") == "invalid_request"
    for frozen in ("error-page", "error-code", "error-description"):
        assert user_agent.page.text_of(frozen)


def test_pages_stand_at_addresses_of_their_own_with_the_handle_in_them(
    party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, party)
    handle = user_agent.url.removeprefix("https://op.example/interaction/").removesuffix("/login")
    assert len(handle) == 43
    user_agent.sign_in("tester", "a password for tests")
    assert user_agent.url == f"https://op.example/interaction/{handle}/consent"
