"""Every page of the provider, by the way a person arrives at it."""

from collections.abc import Callable

import pytest

from tests.support.arrival import MakeParty, at_account, at_consent, at_login, at_logout
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

PAGES = (
    "home",
    "login",
    "login failed",
    "login cancelled by form post",
    "consent",
    "account",
    "account login",
    "logout",
    "signed out",
    "problem",
    "not found",
    "wrong method",
    "expired",
    "forged",
    "reasons",
    "reason",
)
Arrive = Callable[[str], Answer]


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party()


@pytest.fixture
def arrive(user_agent: Browser, signed_in: Browser, party: RelyingParty) -> Arrive:
    """Take a browser to a page and return the answer that shows it."""
    stranger = Browser(signed_in._app, signed_in.issuer)

    def go(name: str) -> Answer:
        browser = stranger
        if name == "login":
            at_login(browser, party)
        elif name == "login failed":
            at_login(browser, party)
            browser.sign_in("nobody", "wrong")
        elif name == "login cancelled by form post":
            at_login(browser, party, response_mode="form_post")
            browser.press("login-cancel")
        elif name == "forged":
            at_login(browser, party)
            browser.press("login-submit", csrf_token="forged")
        elif name in ("consent", "account", "logout"):
            browser = signed_in
            if name == "consent":
                at_consent(browser, party)
            elif name == "account":
                at_account(browser)
            else:
                at_logout(browser, party)
        else:
            paths = {
                "home": "/",
                "account login": "/account/login",
                "signed out": "/signed-out",
                "problem": "/authorize",
                "not found": "/nowhere",
                "wrong method": "/account/withdraw",
                "expired": "/interaction/unknown/login",
                "reasons": "/errors",
                "reason": "/errors/reuse_detected",
            }
            browser.visit(signed_in.issuer + paths[name])
        assert browser.visited
        return browser.visited[-1]

    return go
