"""Every form that changes something is answered only from the page that showed it, in the browser
and, where somebody is signed in, in the session it was shown to (RFC 9700 §4.7, §4.16; OWASP ASVS
V3.5). What is refused changes nothing."""

from collections.abc import Callable, Mapping

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import wire
from tests.support.arrival import (
    PASSWORD,
    another_browser,
    at_account,
    at_consent,
    at_login,
    at_logout,
    signed_in_elsewhere,
)
from tests.support.browser import Browser
from tests.support.page import Form
from tests.support.relying_party import RelyingParty
from tests.support.watching import row_counts
from tests.support.wire import Answer

Forged = dict[str, str | None]
FORMS = (
    "login",
    "login-cancel",
    "account login",
    "allow",
    "deny",
    "switch",
    "sign out",
    "withdraw",
    "end session",
    "end others",
    "logout",
)


class Target:
    """One form, filled in and ready to be sent, by its owner or by somebody else."""

    def __init__(self, party: RelyingParty, browser: Browser, button: str, **fields: str) -> None:
        self.party, self.browser = party, browser
        self.form: Form = browser.page.form_with(button)
        pressed = self.form.button(button)
        assert pressed is not None
        self.fields = {**self.form.fields, pressed.name: pressed.value, **fields}

    def send(
        self,
        changes: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str] | None = None,
        browser: Browser | None = None,
        method: str = "POST",
    ) -> Answer:
        """Send it, by default as the owner's browser would."""
        jar = (browser or self.browser).jar
        cookies = jar.header(self.form.action, method="POST", same_site=True)
        sent = {"Cookie": cookies, **(headers or {})}
        fields: Forged = {**self.fields, **(changes or {})}
        if method == "GET":
            url = f"{self.form.action}?{wire.encode(fields)}"
            return wire.get(self.party.app, url, headers=sent)
        return wire.post(self.party.app, self.form.action, fields, headers=sent)


Aim = Callable[[str], Target]


@pytest.fixture
def aim(
    relying_party: RelyingParty, provider: Provider, account: Account, signed_in: Browser
) -> Aim:
    """Arrive at a form."""
    party = relying_party

    def at(name: str) -> Target:
        if name in ("login", "login-cancel"):
            stranger = another_browser(signed_in)
            at_login(stranger, party)
            secret = {"username": "tester", "password": PASSWORD}
            return Target(
                party, stranger, f"login-{'submit' if name == 'login' else 'cancel'}", **secret
            )
        if name == "account login":
            stranger = another_browser(signed_in).visit(party.issuer + "/account/login")
            return Target(party, stranger, "login-submit", username="tester", password=PASSWORD)
        if name in ("allow", "deny", "switch"):
            at_consent(signed_in, party)
            return Target(party, signed_in, name)
        if name == "logout":
            at_logout(signed_in, party)
            return Target(party, signed_in, "logout-confirm")
        party.authorize(signed_in)
        signed_in_elsewhere(provider, signed_in, account)
        at_account(signed_in)
        if name == "end session":
            page = signed_in.page
            other = next(one for one in page.forms if one.action.endswith("/sessions/end"))
            return Target(party, signed_in, other.buttons[0].value)
        buttons = {"sign out": "sign_out", "end others": "end_others"}
        return Target(party, signed_in, buttons.get(name, party.client_id))

    return at


_WHO_TRIED = ("event", "refusal")


def rows(provider: Provider) -> dict[str, int]:
    """Return how many rows there are, but for those that say who tried."""
    return {name: rows for name, rows in row_counts(provider).items() if name not in _WHO_TRIED}


def is_refused(target: Target, provider: Provider, answer: Answer) -> bool:
    """Return whether an answer is the page that says so, and nothing was begun."""
    assert answer.header("Location") is None
    assert not any("signet_session" in one for one in answer.headers("Set-Cookie"))
    return answer.status == 403 and b"error-page" in answer.body


@pytest.mark.spec("CS-01", "SE-01", "CN-03")
@pytest.mark.parametrize("name", FORMS)
def test_the_form_works_as_it_was_shown(aim: Aim, name: str) -> None:
    assert aim(name).send().status == 303 if name != "logout" else aim(name).send().status == 200


@pytest.mark.spec("CS-01", "SE-01", "CN-03")
@pytest.mark.parametrize("token", [None, "", "forged", "ä", "x" * 5000])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_without_its_token_is_refused(
    aim: Aim, provider: Provider, name: str, token: str | None
) -> None:
    target = aim(name)
    before = rows(provider)
    assert is_refused(target, provider, target.send({"csrf_token": token}))
    assert rows(provider) == before


@pytest.mark.spec("CS-01", "SE-01", "CN-03", "RFC9700-4.7")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://op.example.evil.example"},
        {"Origin": "http://op.example"},
        {"Origin": "https://op.example:8443"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    ],
)
@pytest.mark.parametrize("name", FORMS)
def test_a_form_from_another_site_is_refused_even_with_its_token(
    aim: Aim, provider: Provider, name: str, headers: dict[str, str]
) -> None:
    target = aim(name)
    before = rows(provider)
    assert is_refused(target, provider, target.send(headers=headers))
    assert rows(provider) == before


@pytest.mark.spec("CS-01", "SE-01")
@pytest.mark.parametrize("name", FORMS)
def test_the_token_of_another_form_is_refused(aim: Aim, provider: Provider, name: str) -> None:
    target = aim(name)
    other = aim("account login" if name != "account login" else "login")
    browser = target.browser.tab()
    browser.jar.cookies = {**other.browser.jar.cookies, **target.browser.jar.cookies}
    answer = target.send({"csrf_token": other.fields["csrf_token"]}, browser=browser)
    assert is_refused(target, provider, answer)


@pytest.mark.spec("CS-01", "CN-03")
@pytest.mark.parametrize("name", ["allow", "sign out", "withdraw", "end session", "logout"])
def test_the_token_of_another_session_is_refused(
    aim: Aim, provider: Provider, account: Account, name: str
) -> None:
    target = aim(name)
    other = signed_in_elsewhere(provider, target.browser, account)
    other.visit(other.issuer + "/account")
    answer = target.send({"csrf_token": other.page.forms[0].fields["csrf_token"]})
    assert is_refused(target, provider, answer)


@pytest.mark.spec("CS-01", "CN-03")
@pytest.mark.parametrize("name", ["sign out", "withdraw", "end session", "end others"])
def test_a_stolen_form_is_of_no_use_in_another_browser(
    aim: Aim, provider: Provider, account: Account, name: str
) -> None:
    target = aim(name)
    other = signed_in_elsewhere(provider, target.browser, account)
    other.visit(other.issuer + "/account")
    assert is_refused(target, provider, target.send(browser=other))


@pytest.mark.spec("CS-01", "SE-01")
def test_an_attacker_can_not_sign_a_person_in_as_somebody_else(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, account: Account
) -> None:
    attacker = another_browser(user_agent)
    attacker.visit(attacker.issuer + "/account/login")
    user_agent.visit(user_agent.issuer + "/account/login")
    target = Target(relying_party, attacker, "login-submit", username="tester", password=PASSWORD)
    assert is_refused(target, provider, target.send(browser=user_agent))


@pytest.mark.spec("CS-01", "CN-03")
@pytest.mark.parametrize("name", ["allow", "deny", "sign out", "withdraw", "end others", "logout"])
def test_a_get_answers_no_form(aim: Aim, provider: Provider, name: str) -> None:
    target = aim(name)
    before = rows(provider)
    answer = target.send(method="GET")
    assert answer.status in (200, 405)
    assert answer.header("Location") is None
    assert rows(provider) == before


@pytest.mark.spec("CS-02")
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data", ""])
@pytest.mark.parametrize("name", ["allow", "sign out", "login"])
def test_a_body_of_another_type_is_no_form(aim: Aim, name: str, kind: str) -> None:
    answer = aim(name).send(headers={"Content-Type": kind})
    assert answer.status == 400
    assert b"error-page" in answer.body
    assert answer.headers("Set-Cookie") == []


@pytest.mark.spec("CS-01")
def test_a_browser_that_sends_no_fetch_metadata_is_served(aim: Aim) -> None:
    assert aim("allow").send(headers={"Origin": "https://op.example"}).status == 303
