"""How a person arrives at each of the provider's pages, and what every page is held to."""

from collections.abc import Callable

from provider.context import Provider
from provider.model.account import Account
from tests.support.browser import Browser
from tests.support.factories import already_signed_in
from tests.support.relying_party import Attempt, RelyingParty
from tests.support.wire import Answer

PASSWORD = "a password for tests"
MakeParty = Callable[..., RelyingParty]


def at_login(browser: Browser, party: RelyingParty, **changes: str | None) -> Attempt:
    """Take a browser without a session to the sign-in page of a request."""
    attempt = party.start(**changes)
    browser.come(attempt.url)
    assert browser.at == "login", browser.url
    assert browser.status == 200
    return attempt


def at_consent(browser: Browser, party: RelyingParty, **changes: str | None) -> Attempt:
    """Take a browser with a session to the consent page of a request."""
    attempt = party.start(**changes)
    browser.come(attempt.url)
    assert browser.at == "consent", browser.url
    assert browser.status == 200
    return attempt


def at_logout(browser: Browser, party: RelyingParty) -> None:
    """Take a browser with a session to the page that asks before signing out."""
    browser.come(party.endpoint("end_session"))
    assert browser.page.has("logout-confirm")


def at_account(browser: Browser) -> None:
    """Take a browser with a session to the account page."""
    browser.visit(browser.issuer + "/account")
    assert browser.at == "account", browser.url


def another_browser(browser: Browser, **options: str) -> Browser:
    """Return a browser of somebody else, or of the same person on another machine."""
    return Browser(browser._app, browser.issuer, **options)  # type: ignore[arg-type]


def signed_in_elsewhere(provider: Provider, browser: Browser, account: Account) -> Browser:
    """Return another browser with a session of its own."""
    other = another_browser(browser)
    already_signed_in(provider, other, account)
    return other


def directives(answer: Answer) -> dict[str, list[str]]:
    """Return the Content-Security-Policy by directive; none may stand twice."""
    found: dict[str, list[str]] = {}
    for directive in (answer.header("Content-Security-Policy") or "").split(";"):
        name, *values = directive.split()
        assert name not in found
        found[name] = values
    return found
