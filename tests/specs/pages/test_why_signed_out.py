"""Whoever was signed out reads why at the next sign-in: in words that fit, and only what the
holder of the cookie may know."""

from collections.abc import Callable

import pytest

from provider.context import Context, Provider
from provider.http import Request
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts, schema
from provider.store.unit_of_work import transaction
from tests.support.arrival import PASSWORD, another_browser, at_account, at_login
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import already_signed_in
from tests.support.relying_party import RelyingParty

IDLE = "You were signed out because you had not been active for a while."
SIGNED_OUT = "This browser was signed out, here or from another browser."
NEW_PASSWORD = "You were signed out because the password was changed."
ADMINISTRATOR = "The people who run this service signed you out."
ENDED = "Your session has ended. Please sign in again."
SENTENCES = {IDLE, SIGNED_OUT, NEW_PASSWORD, ADMINISTRATOR, ENDED}
COOKIE = ("op.example", "__Host-signet_session")

ENDINGS = {
    "session_ended": (SIGNED_OUT, "이 브라우저나 다른 브라우저에서 로그아웃되었어요."),
    "credentials_changed": (NEW_PASSWORD, "비밀번호가 바뀌어 로그아웃되었어요."),
    "revoked_by_administrator": (ADMINISTRATOR, "이 서비스의 운영자가 로그아웃시켰어요."),
    "account_disabled": (ENDED, "세션이 끝났어요."),
    "a reason of a later version": (ENDED, "세션이 끝났어요."),
}


def told(browser: Browser) -> set[str]:
    """Return the sentences about a session on the sign-in page."""
    assert browser.at == "login", browser.url
    said = sentences(browser)
    assert browser.page.has("login-reason") is bool(said)
    return said


def sentences(browser: Browser) -> set[str]:
    """Return those of the sentences that the page on display says in English."""
    return {sentence for sentence in SENTENCES if sentence in browser.page.text}


def operate(provider: Provider, act: Callable[[Context], object]) -> None:
    """Do something as another process of the provider would."""
    ctx = provider.open(Request(method="POST", path="/"))
    try:
        act(ctx)
        ctx.keep()
    finally:
        ctx.work.close()


def end_all(provider: Provider, account: Account, reason: str) -> None:
    operate(provider, lambda ctx: ending.end_sessions(ctx, account.id, reason=reason))


@pytest.mark.both_databases
@pytest.mark.parametrize("reason", ENDINGS)
def test_the_reason_of_the_end_is_told_in_its_own_words(
    provider: Provider,
    relying_party: RelyingParty,
    signed_in: Browser,
    account: Account,
    reason: str,
) -> None:
    end_all(provider, account, reason)
    at_login(signed_in, relying_party)
    assert told(signed_in) == {ENDINGS[reason][0]}


@pytest.mark.parametrize("reason", ENDINGS)
def test_it_is_told_in_korean(
    provider: Provider,
    relying_party: RelyingParty,
    signed_in: Browser,
    account: Account,
    reason: str,
) -> None:
    end_all(provider, account, reason)
    at_login(signed_in, relying_party, ui_locales="ko")
    assert ENDINGS[reason][1] in signed_in.page.text
    assert sentences(signed_in) == set()


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([12 * 3600 - 1], None),
        ([12 * 3600], IDLE),
        ([29 * 86400], IDLE),
        ([11 * 3600] * 66, ENDED),
    ],
    ids=["still in use", "just idle", "idle for weeks", "in use until its longest life"],
)
def test_a_session_that_ran_out_says_how(
    relying_party: RelyingParty,
    signed_in: Browser,
    clock: SettableClock,
    steps: list[int],
    expected: str | None,
) -> None:
    for step in steps:
        signed_in.visit(signed_in.issuer + "/account")
        clock.advance(step)
    signed_in.come(relying_party.start().url)
    if expected is None:
        assert signed_in.at == "consent"
    else:
        assert told(signed_in) == {expected}


def test_signing_out_from_another_browser_is_told_in_this_one(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, account: Account
) -> None:
    other = another_browser(signed_in)
    already_signed_in(provider, other, account)
    at_account(other)
    other.press("end_others")
    at_login(signed_in, relying_party)
    assert told(signed_in) == {SIGNED_OUT}


def test_who_signed_out_here_is_told_nothing(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    at_account(signed_in)
    signed_in.press("sign_out")
    at_login(signed_in, relying_party)
    assert told(signed_in) == set()


def test_who_was_never_signed_in_is_told_nothing(
    provider: Provider,
    relying_party: RelyingParty,
    signed_in: Browser,
    user_agent: Browser,
    account: Account,
) -> None:
    end_all(provider, account, "credentials_changed")
    stranger = another_browser(user_agent)
    at_login(stranger, relying_party, login_hint=account.username)
    assert told(stranger) == set()


@pytest.mark.parametrize("reason", ["session_ended", "credentials_changed", "ended", "nonsense"])
def test_the_address_can_not_make_the_page_say_it(
    relying_party: RelyingParty, user_agent: Browser, reason: str
) -> None:
    at_login(user_agent, relying_party)
    user_agent.visit(f"{user_agent.url.partition('?')[0]}?why={reason}")
    assert told(user_agent) == set()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("signet_session_unknown", {ENDED}),
        ("signet_session_", {ENDED}),
        ("signet_browser_unknown", set()),
        ("unknown", set()),
        ("", set()),
    ],
)
def test_a_cookie_of_no_session_tells_nothing_of_any(
    provider: Provider,
    relying_party: RelyingParty,
    signed_in: Browser,
    account: Account,
    value: str,
    expected: set[str],
) -> None:
    end_all(provider, account, "credentials_changed")
    signed_in.jar.cookies[COOKIE].value = value
    at_login(signed_in, relying_party)
    assert told(signed_in) == expected


@pytest.mark.parametrize("before", [None, "account_disabled"])
def test_that_an_account_is_disabled_reads_as_any_forgotten_session(
    provider: Provider,
    relying_party: RelyingParty,
    signed_in: Browser,
    account: Account,
    before: str | None,
) -> None:
    if before:
        end_all(provider, account, before)
    with transaction(provider.engine) as tx:
        accounts.set_disabled(tx, account.id, provider.clock.now())
    at_login(signed_in, relying_party)
    disabled = signed_in.page.elements["login-reason"], told(signed_in)
    with transaction(provider.engine) as tx:
        tx.execute(schema.session.delete())
    at_login(signed_in, relying_party)
    assert (signed_in.page.elements["login-reason"], told(signed_in)) == disabled
    assert "disabled" not in signed_in.page.text


def test_a_wrong_password_is_answered_with_its_own_words_alone(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, account: Account
) -> None:
    end_all(provider, account, "credentials_changed")
    at_login(signed_in, relying_party)
    signed_in.sign_in("tester", "wrong")
    assert signed_in.page.has("login-error")
    assert told(signed_in) == set()


def test_it_is_told_until_the_next_sign_in_and_no_longer(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, account: Account
) -> None:
    end_all(provider, account, "revoked_by_administrator")
    for _ in range(2):
        at_login(signed_in, relying_party)
        assert told(signed_in) == {ADMINISTRATOR}
    signed_in.sign_in("tester", PASSWORD)
    signed_in.come(relying_party.start(prompt="login").url)
    assert signed_in.at == "login"
    assert sentences(signed_in) == set()


def test_the_sign_in_of_the_account_page_says_it_too(
    provider: Provider, signed_in: Browser, account: Account
) -> None:
    end_all(provider, account, "credentials_changed")
    signed_in.visit(signed_in.issuer + "/account")
    assert NEW_PASSWORD in signed_in.page.text
    signed_in.sign_in("tester", "wrong")
    assert NEW_PASSWORD not in signed_in.page.text
