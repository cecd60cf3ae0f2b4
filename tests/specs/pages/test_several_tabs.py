"""Every authorization request has a handle of its own, bound to the browser that brought it: tabs
do not disturb each other, and a page that is over leads somewhere sensible."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import wire
from tests.support.arrival import PASSWORD, another_browser, at_account, at_consent, at_login
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import make_account
from tests.support.relying_party import RelyingParty
from tests.support.watching import row_counts


def is_expired(browser: Browser) -> bool:
    """Return whether the page on display says that it is over."""
    assert browser.problem() == "invalid_request"
    return "This page is no longer valid" in browser.page.text


@pytest.mark.spec("CD-08", "OIDCC-3.1.2.1")
def test_two_tabs_of_one_client_end_each_in_their_own_answer(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    first, second = user_agent, user_agent.tab()
    one, two = at_login(first, relying_party), at_login(second, relying_party)
    second.sign_in("tester", PASSWORD).allow()
    first.sign_in("tester", PASSWORD)
    grants = [
        relying_party.receive(one, first.left), relying_party.receive(two, second.left)
    ]  # fmt: skip
    for grant, attempt in zip(grants, (one, two), strict=True):
        assert relying_party.redeem(grant).claims["nonce"] == attempt.nonce


@pytest.mark.spec("CD-08")
def test_ten_tabs_can_wait_at_once(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    tabs = [user_agent.tab() for _ in range(10)]
    attempts = [at_login(tab, relying_party) for tab in tabs]
    tabs[4].sign_in("tester", PASSWORD).allow()
    for tab, attempt in zip(tabs, attempts, strict=True):
        if tab.left is None:
            tab.reload()
        assert relying_party.receive(attempt, tab.left).code


@pytest.mark.spec("SE-12")
def test_a_code_is_never_for_an_account_that_did_not_answer_that_tab(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    make_account(provider, "second")
    first, second = user_agent, user_agent.tab()
    one, two = at_login(first, relying_party), at_login(second, relying_party)
    first.sign_in("tester", PASSWORD)
    assert first.at == "consent"
    second.sign_in("second", PASSWORD).allow()
    redeemed = relying_party.redeem(relying_party.receive(two, second.left))
    assert redeemed.claims["sub"] != account.id

    first.allow()
    assert first.left is None
    assert first.at == "login"
    first.sign_in("tester", PASSWORD)
    if first.left is None:
        first.allow()
    redeemed = relying_party.redeem(relying_party.receive(one, first.left))
    assert redeemed.claims["sub"] == account.id


@pytest.mark.spec("SE-12", "CN-03")
def test_consent_of_one_account_is_not_taken_for_anothers(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    make_account(provider, "second")
    at_consent(signed_in, relying_party)
    other = signed_in.tab()
    at_consent(other, relying_party)
    other.press("switch").sign_in("second", PASSWORD)
    signed_in.allow()
    assert signed_in.left is None
    assert signed_in.at == "consent"
    assert "second" in signed_in.page.text


def test_reloading_the_sign_in_page_shows_it_again(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    attempt = at_login(user_agent, relying_party)
    user_agent.reload()
    assert user_agent.at == "login"
    user_agent.sign_in("tester", PASSWORD)
    user_agent.reload()
    assert user_agent.at == "consent"
    user_agent.allow()
    assert relying_party.receive(attempt, user_agent.left).code


def test_going_back_to_the_sign_in_page_goes_on_instead_of_asking_again(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    attempt = at_login(user_agent, relying_party)
    page = user_agent.url
    user_agent.sign_in("tester", PASSWORD)
    user_agent.visit(page)
    assert user_agent.at == "consent"
    user_agent.allow()
    assert relying_party.receive(attempt, user_agent.left).code


def test_sending_the_sign_in_form_twice_goes_on(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    attempt = at_login(user_agent, relying_party)
    double = user_agent.tab().visit(user_agent.url)
    user_agent.sign_in("tester", PASSWORD)
    double.sign_in("tester", PASSWORD)
    assert double.at == "consent"
    double.allow()
    assert relying_party.receive(attempt, double.left).code


@pytest.mark.parametrize("page", ["login", "consent"])
def test_going_back_after_the_answer_says_that_it_is_over(
    relying_party: RelyingParty, user_agent: Browser, account: Account, page: str
) -> None:
    at_login(user_agent, relying_party)
    handle = user_agent.url.rpartition("/")[0]
    user_agent.sign_in("tester", PASSWORD).allow()
    user_agent.visit(f"{handle}/{page}")
    assert is_expired(user_agent)


@pytest.mark.spec("G4")
def test_allowing_twice_yields_one_code(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    at_consent(signed_in, relying_party)
    double = signed_in.tab().visit(signed_in.url)
    signed_in.allow()
    before = row_counts(provider)["authorization"]
    double.allow()
    assert is_expired(double)
    assert row_counts(provider)["authorization"] == before


@pytest.mark.parametrize("page", ["login", "consent"])
def test_a_page_that_was_open_for_too_long_says_so(
    relying_party: RelyingParty,
    user_agent: Browser,
    signed_in: Browser,
    clock: SettableClock,
    page: str,
) -> None:
    browser = another_browser(user_agent) if page == "login" else signed_in
    (at_login if page == "login" else at_consent)(browser, relying_party)
    clock.advance(1800)
    shown = browser.tab().visit(browser.url)
    assert is_expired(shown)
    browser.press("login-submit" if page == "login" else "consent-allow")
    assert is_expired(browser)


def test_an_expired_page_of_somebody_who_signed_in_begins_no_session(
    relying_party: RelyingParty, user_agent: Browser, account: Account, clock: SettableClock
) -> None:
    at_login(user_agent, relying_party)
    clock.advance(1800)
    user_agent.sign_in("tester", PASSWORD)
    assert is_expired(user_agent)
    assert user_agent.jar.get("signet_session") is None


@pytest.mark.spec("SE-01")
@pytest.mark.parametrize("page", ["login", "consent"])
def test_a_handle_is_of_no_use_in_another_browser(
    relying_party: RelyingParty, signed_in: Browser, page: str
) -> None:
    at_consent(signed_in, relying_party)
    stranger = another_browser(signed_in)
    stranger.visit(signed_in.url.replace("/consent", f"/{page}"))
    assert is_expired(stranger)
    at_login(stranger, relying_party)
    stranger.visit(signed_in.url.replace("/consent", f"/{page}"))
    assert is_expired(stranger)


@pytest.mark.spec("SE-01")
def test_another_browser_can_not_have_a_handle_decided(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, relying_party)
    handle = signed_in.url.split("/")[-2]
    stranger = another_browser(signed_in)
    stranger.come(f"{relying_party.endpoint('authorization')}?handle={handle}")
    assert is_expired(stranger)
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code


@pytest.mark.parametrize(
    "handle", ["unknown", "A" * 43, "x" * 4000, "%00", "%ff%fe", "..%2f..", "'--"]
)
@pytest.mark.parametrize("page", ["login", "consent"])
def test_a_made_up_handle_is_an_expired_page(
    relying_party: RelyingParty, signed_in: Browser, handle: str, page: str
) -> None:
    answer = wire.get(relying_party.app, f"{relying_party.issuer}/interaction/{handle}/{page}")
    assert answer.status in (400, 404)
    assert b"error-page" in answer.body


@pytest.mark.parametrize("smuggled", ["scope=openid", "redirect_uri=https://evil.example/cb"])
def test_nothing_can_be_added_to_a_request_that_waits(
    relying_party: RelyingParty, signed_in: Browser, smuggled: str
) -> None:
    attempt = at_consent(signed_in, relying_party, scope="openid email")
    handle = signed_in.url.split("/")[-2]
    address = relying_party.endpoint("authorization")
    signed_in.come(f"{address}?handle={handle}&{smuggled}")
    assert signed_in.at == "consent"
    signed_in.allow()
    tokens = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert tokens.scope == {"openid", "email"}


def test_a_session_that_ends_meanwhile_leads_back_to_the_sign_in_page(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    attempt = at_consent(signed_in, relying_party)
    other = signed_in.tab()
    at_account(other)
    other.press("sign_out")
    signed_in.allow()
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    assert signed_in.at == "consent"
    signed_in.allow()
    assert relying_party.receive(attempt, signed_in.left).code


def test_an_idle_session_is_said_to_have_ended(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    clock.advance(13 * 3600)
    at_login(signed_in, relying_party)
    assert "you had not been active for a while" in signed_in.page.text


def test_consent_can_not_be_given_before_signing_in_as_asked(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    signed_in.come(relying_party.start(prompt="login").url)
    assert signed_in.at == "login"
    signed_in.visit(signed_in.url.partition("/login")[0] + "/consent")
    if signed_in.page.has("consent-allow"):
        signed_in.allow()
    assert signed_in.left is None
    assert signed_in.at == "login"
