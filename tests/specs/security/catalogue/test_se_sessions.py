"""SE: sessions of browsers (OWASP ASVS V7, NIST SP 800-63B-4 §5.1)."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.specs.security.catalogue.conftest import HOUR, MINUTE
from tests.support import wire
from tests.support.arrival import PASSWORD, at_account, at_login, signed_in_elsewhere
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

SESSION = "__Host-signet_session"


def cookie_of(browser: Browser) -> str:
    """Return the value of the session cookie."""
    found = browser.jar.get("signet_session")
    assert found is not None
    return found.value


def opens(party: RelyingParty, value: str) -> bool:
    """Return whether a session cookie opens the account page."""
    headers = {"Cookie": f"{SESSION}={value}"}
    return wire.get(party.app, f"{party.issuer}/account", headers=headers).status == 200


@pytest.mark.both_databases
@pytest.mark.parametrize("way", ["sign in", "sign in again", "another account", "sign out"])
def test_se_02_every_change_of_who_is_here_renews_the_cookie(
    relying_party: RelyingParty, account: Account, user_agent: Browser, way: str
) -> None:
    user_agent.jar.store(
        relying_party.issuer, f"{SESSION}=signet_session_{'p' * 43}; Secure; Path=/; HttpOnly"
    )
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", PASSWORD)
    before = cookie_of(user_agent)
    assert before != f"signet_session_{'p' * 43}"
    if way == "sign in again":
        at_login(user_agent, relying_party, prompt="login")
        user_agent.sign_in("tester", PASSWORD)
    elif way == "another account":
        at_login(user_agent, relying_party, prompt="login")
        user_agent.sign_in("bystander", PASSWORD)
    elif way == "sign out":
        at_account(user_agent)
        user_agent.press("sign_out")
        assert user_agent.jar.get("signet_session") is None
    if way != "sign in":
        assert not opens(relying_party, before)
    assert not opens(relying_party, f"signet_session_{'p' * 43}")


@pytest.mark.parametrize("button", ["end_others", "one"])
def test_se_08_signing_others_out_needs_a_recent_sign_in(
    relying_party: RelyingParty, provider: Provider, account: Account, signed_in: Browser,
    clock: SettableClock, button: str,
) -> None:  # fmt: skip
    other = signed_in_elsewhere(provider, signed_in, account)
    clock.advance(15 * MINUTE + 1)

    def press() -> None:
        at_account(signed_in)
        forms = [one for one in signed_in.page.forms if one.action.endswith("/sessions/end")]
        signed_in.press("end_others" if button == "end_others" else forms[0].buttons[0].value)

    press()
    assert signed_in.at == "login?why=reauthenticate".partition("?")[0]
    assert opens(relying_party, cookie_of(other))
    signed_in.sign_in("tester", "not the password")
    assert opens(relying_party, cookie_of(other))
    signed_in.sign_in("tester", PASSWORD)
    assert signed_in.at == "account"
    press()
    assert not opens(relying_party, cookie_of(other))
    assert opens(relying_party, cookie_of(signed_in))


def test_se_08_leaving_and_withdrawing_need_none(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = relying_party.sign_in(signed_in)
    clock.advance(HOUR)
    at_account(signed_in)
    signed_in.press(relying_party.client_id)
    assert relying_party.refresh_raw(tokens.refresh_token).status == 400
    at_account(signed_in)
    signed_in.press("sign_out")
    assert signed_in.jar.get("signet_session") is None


def test_se_09_nothing_of_a_signed_out_account_is_left_in_a_cache(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    at_account(signed_in)
    assert signed_in.answer is not None
    assert signed_in.answer.is_no_store
    signed_in.press("sign_out")
    signed_in.visit(f"{relying_party.issuer}/account")
    assert signed_in.at == "login"
    assert "Test Account" not in signed_in.page.html


@pytest.mark.parametrize(
    "value",
    [
        "", "signet_session_", f"signet_session_{'A' * 43}", "x" * 8000, "signet_session_' OR 1=1",
        "signet_session_\u0000", "signet_browser_" + "A" * 43, "null", "%00", "é",
    ],
)  # fmt: skip
def test_se_11_a_made_up_cookie_is_nobody(relying_party: RelyingParty, value: str) -> None:
    assert not opens(relying_party, value.encode().decode("latin-1"))
