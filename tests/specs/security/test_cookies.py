"""The cookies: bound to the host, out of reach of scripts, opaque, renewed at every sign-in, and
worth nothing once the session is over (OWASP ASVS V7; NIST SP 800-63B-4 §5.1.1)."""

import re

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import accounts
from provider.store.unit_of_work import transaction
from tests.support import wire
from tests.support.arrival import (
    PASSWORD,
    another_browser,
    at_account,
    at_consent,
    at_login,
    signed_in_elsewhere,
)
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

SESSION = "__Host-signet_session"


def all_cookies_set(browser: Browser, party: RelyingParty) -> list[str]:
    """Go through a whole sign-in and sign-out, and return every Set-Cookie seen."""
    seen: list[str] = []

    def note() -> None:
        seen.extend(one for answer in browser.visited for one in answer.headers("Set-Cookie"))

    at_login(browser, party)
    note()
    browser.visit(browser.url + "?lang=ko")
    note()
    browser.sign_in("tester", PASSWORD)
    note()
    at_account(browser)
    note()
    browser.press("sign_out")
    note()
    return seen


def knocks(party: RelyingParty, cookie: str) -> int:
    """Return the status of the account page for a bare session cookie."""
    headers = {"Cookie": f"{SESSION}={cookie}"}
    return wire.get(party.app, f"{party.issuer}/account", headers=headers).status


def session_of(browser: Browser) -> str:
    cookie = browser.jar.get("signet_session")
    assert cookie is not None
    return cookie.value


@pytest.mark.spec("SE-03")
def test_under_https_every_cookie_is_bound_to_the_host(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    cookies = all_cookies_set(user_agent, relying_party)
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names == {
        "__Host-signet_session", "__Host-signet_browser", "__Host-signet_locale",
    }  # fmt: skip
    for cookie in cookies:
        attributes = {one.strip().partition("=")[0].lower() for one in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path", "samesite"} <= attributes
        assert "domain" not in attributes
        assert re.search(r"; SameSite=(Lax|Strict)\b", cookie)
        assert re.search(r"; Path=/(;|$)", cookie)


@pytest.mark.spec("SE-03")
@pytest.mark.settings(issuer="http://localhost:8000")
def test_plain_http_on_localhost_has_cookies_that_work(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    cookies = all_cookies_set(user_agent, relying_party)
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names == {"signet_session", "signet_browser", "signet_locale"}
    assert not any("secure" in cookie.lower() for cookie in cookies)
    assert relying_party.sign_in(user_agent).claims["sub"] == account.id


@pytest.mark.spec("SE-03")
@pytest.mark.settings(issuer="https://op.example/tenant/one")
def test_an_issuer_with_a_path_has_the_same_cookies(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    assert relying_party.sign_in(user_agent).claims["sub"] == account.id
    assert user_agent.jar.cookies.keys() == {
        ("op.example", "__Host-signet_session"), ("op.example", "__Host-signet_browser"),
    }  # fmt: skip


@pytest.mark.spec("SE-03")
def test_a_session_cookie_without_the_prefix_counts_for_nothing_under_https(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    headers = {"Cookie": f"signet_session={session_of(signed_in)}"}
    answer = wire.get(relying_party.app, f"{relying_party.issuer}/account", headers=headers)
    assert answer.status == 303


@pytest.mark.spec("SE-11")
def test_a_cookie_says_nothing(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", PASSWORD)
    for name in ("session", "browser"):
        cookie = user_agent.jar.get(f"signet_{name}")
        assert cookie is not None
        assert re.fullmatch(rf"signet_{name}_[A-Za-z0-9_-]{{43}}", cookie.value)


@pytest.mark.spec("SE-02")
def test_signing_in_again_makes_the_old_cookie_worthless(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    old = session_of(signed_in)
    assert knocks(relying_party, old) == 200
    signed_in.come(relying_party.start(prompt="login").url)
    signed_in.sign_in("tester", PASSWORD)
    assert session_of(signed_in) != old
    assert knocks(relying_party, old) == 303
    assert knocks(relying_party, session_of(signed_in)) == 200


@pytest.mark.spec("SE-02")
@pytest.mark.parametrize("planted", ["signet_session_" + "A" * 43, "x", "", '"', "a" * 5000])
def test_a_planted_session_cookie_is_never_taken_over(
    relying_party: RelyingParty, user_agent: Browser, account: Account, planted: str
) -> None:
    at_login(user_agent, relying_party)
    form = user_agent.page.form_with("login-submit")
    browser = user_agent.jar.header(form.action, method="POST", same_site=True)
    answer = wire.post(
        relying_party.app,
        form.action,
        {**form.fields, "username": "tester", "password": PASSWORD, "action": "login"},
        headers={"Cookie": f"{SESSION}={planted}; {browser}"},
    )
    assert answer.status == 303
    begun = [one for one in answer.headers("Set-Cookie") if one.startswith(SESSION)]
    assert len(begun) == 1
    assert not begun[0].startswith(f"{SESSION}={planted};")
    assert knocks(relying_party, planted) == 303


@pytest.mark.spec("SE-04")
@pytest.mark.parametrize("way", ["account page", "logout page", "logout with a hint"])
def test_a_copied_cookie_is_dead_after_signing_out(
    relying_party: RelyingParty, signed_in: Browser, way: str
) -> None:
    copied = session_of(signed_in)
    tokens = relying_party.sign_in(signed_in)
    if way == "account page":
        at_account(signed_in)
        signed_in.press("sign_out")
    elif way == "logout page":
        signed_in.come(relying_party.endpoint("end_session")).press("logout-confirm")
    else:
        signed_in.come(f"{relying_party.endpoint('end_session')}?id_token_hint={tokens.id_token}")
    assert signed_in.jar.get("signet_session") is None
    assert knocks(relying_party, copied) == 303


@pytest.mark.spec("SE-05")
@pytest.mark.parametrize(("idle", "status"), [(12 * 3600 - 1, 200), (12 * 3600, 303)])
def test_an_idle_session_ends(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, idle: int, status: int
) -> None:
    clock.advance(idle)
    assert knocks(relying_party, session_of(signed_in)) == status


@pytest.mark.spec("SE-05")
@pytest.mark.settings(lifetimes={"session_idle": "12h", "session_absolute": "2d"})
def test_no_use_makes_a_session_longer_than_the_absolute_limit(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    for _ in range(2 * 4 - 1):
        clock.advance(6 * 3600)
        assert knocks(relying_party, session_of(signed_in)) == 200
    clock.advance(6 * 3600)
    assert knocks(relying_party, session_of(signed_in)) == 303


@pytest.mark.spec("SE-06")
def test_a_disabled_account_is_signed_out_at_its_next_request(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    with transaction(provider.engine) as tx:
        accounts.set_disabled(tx, account.id, provider.clock.now())
    assert knocks(relying_party, session_of(signed_in)) == 303
    assert relying_party.refused(signed_in, prompt="none").error == "login_required"


@pytest.mark.spec("SE-08")
def test_ending_one_session_signs_that_browser_out_and_no_other(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    first = signed_in_elsewhere(provider, signed_in, account)
    second = signed_in_elsewhere(provider, signed_in, account)
    at_account(signed_in)
    forms = [one for one in signed_in.page.forms if one.action.endswith("/sessions/end")]
    assert len(forms) == 2
    signed_in.press(forms[0].buttons[0].value)
    alive = [knocks(relying_party, session_of(one)) for one in (signed_in, first, second)]
    assert alive[0] == 200
    assert sorted(alive[1:]) == [200, 303]


@pytest.mark.spec("SE-08")
def test_ending_all_other_sessions_leaves_this_one(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser, account: Account
) -> None:
    others = [signed_in_elsewhere(provider, signed_in, account) for _ in range(2)]
    at_account(signed_in)
    signed_in.press("end_others")
    assert knocks(relying_party, session_of(signed_in)) == 200
    assert [knocks(relying_party, session_of(one)) for one in others] == [303, 303]


@pytest.mark.spec("SE-12")
def test_another_account_in_the_same_browser_ends_the_session_before(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    from tests.support.factories import make_account

    make_account(provider, "second")
    old = session_of(signed_in)
    at_consent(signed_in, relying_party)
    signed_in.press("switch")
    signed_in.sign_in("second", PASSWORD)
    assert knocks(relying_party, old) == 303
    assert "second" in signed_in.page.text


@pytest.mark.spec("SE-03")
@pytest.mark.settings(issuer="http://localhost:8000")
@pytest.mark.parametrize(
    "foreign",
    [
        "a[b]=1",
        'theme={"dark": true}',
        "x",
        "=",
        'q="unclosed',
        "ünïcode=é",
        "a=b=c",
        "a b=c d",
        ";;",
    ],
)
def test_cookies_of_other_applications_on_the_host_do_no_harm(
    relying_party: RelyingParty, signed_in: Browser, foreign: str
) -> None:
    own = signed_in.jar.header(relying_party.issuer, method="GET", same_site=True)
    foreign = foreign.encode().decode("latin-1")
    for cookie in (f"{foreign}; {own}", f"{own}; {foreign}"):
        answer = wire.get(
            relying_party.app, f"{relying_party.issuer}/account", headers={"Cookie": cookie}
        )
        assert answer.status == 200


@pytest.mark.spec("SE-03")
def test_another_browser_is_another_session(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    other = another_browser(signed_in)
    at_login(other, relying_party)
