"""The account page: what was granted, where the person is signed in, what happened; each can be
withdrawn or ended there, at once (OWASP ASVS 10.4.9, 7.5.2)."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import wire
from tests.support.arrival import (
    PASSWORD,
    MakeParty,
    another_browser,
    at_account,
    at_login,
    signed_in_elsewhere,
)
from tests.support.browser import Browser
from tests.support.factories import already_signed_in, make_account
from tests.support.relying_party import RelyingParty
from tests.support.watching import events, row_counts

MARKUP = '"><svg onload=alert(1)>{{7*7}}'


def test_it_asks_to_sign_in_first(user_agent: Browser, account: Account) -> None:
    user_agent.visit(user_agent.issuer + "/account")
    assert user_agent.url == user_agent.issuer + "/account/login"
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.url == user_agent.issuer + "/account"
    assert "Test Account" in user_agent.page.text


def test_its_sign_in_page_sends_on_who_is_signed_in(signed_in: Browser) -> None:
    signed_in.visit(signed_in.issuer + "/account/login")
    assert signed_in.at == "account"


def test_a_wrong_password_there_reads_as_everywhere(user_agent: Browser, account: Account) -> None:
    user_agent.visit(user_agent.issuer + "/account/login")
    user_agent.sign_in("tester", "wrong")
    assert user_agent.status == 400
    assert user_agent.page.has("login-error")
    assert not user_agent.page.has("login-cancel")


def test_an_account_nothing_happened_to_has_something_to_say_too(signed_in: Browser) -> None:
    at_account(signed_in)
    text = signed_in.page.text
    assert "No application may use your account yet." in text
    assert "You are signed in nowhere else." in text
    assert "Nothing has happened lately." in text


def test_an_account_without_a_name_or_address_is_shown_by_its_username(
    provider: Provider, user_agent: Browser
) -> None:
    bare = make_account(provider, "bare", claims={}, email=None)
    already_signed_in(provider, user_agent, bare)
    at_account(user_agent)
    assert "bare" in user_agent.page.text


@pytest.mark.spec("RT-11")
def test_it_lists_what_each_application_may_do(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    notes = make_relying_party(client_name="Wonderful Notes")
    mail = make_relying_party(client_name="Plain Mail")
    notes.sign_in(signed_in, scope="openid email offline_access notes:read")
    mail.sign_in(signed_in, scope="openid")
    at_account(signed_in)
    text = signed_in.page.text
    for expected in (
        "Wonderful Notes", "Plain Mail", "See your email address", "Read your notes",
        "Stay connected while you are away",
    ):  # fmt: skip
        assert expected in text


@pytest.mark.spec("RT-11")
def test_withdrawing_says_so_and_takes_the_application_off_the_list(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(client_name="Wonderful Notes")
    party.authorize(signed_in)
    at_account(signed_in)
    signed_in.press(party.client_id)
    assert "Access withdrawn." in signed_in.page.text
    assert not any(one.button(party.client_id) for one in signed_in.page.forms)


@pytest.mark.spec("G4")
@pytest.mark.parametrize("client_id", ["nobody", "", None, "x" * 3000])
def test_withdrawing_from_nobody_changes_nothing(
    relying_party: RelyingParty, signed_in: Browser, client_id: str | None
) -> None:
    tokens = relying_party.sign_in(signed_in)
    at_account(signed_in)
    signed_in.press(relying_party.client_id, client_id=client_id)
    assert signed_in.at == "account"
    assert relying_party.is_accepted(tokens.access_token)


@pytest.mark.spec("LG-01")
def test_what_was_never_allowed_is_not_noted_as_withdrawn(
    provider: Provider, signed_in: Browser, relying_party: RelyingParty
) -> None:
    relying_party.sign_in(signed_in)
    at_account(signed_in)
    signed_in.press(relying_party.client_id, client_id="a token in the wrong place")
    assert events(provider, "consent_withdrawn") == []
    at_account(signed_in)
    signed_in.press(relying_party.client_id)
    (event,) = events(provider, "consent_withdrawn")
    assert event.client_id == relying_party.client_id


@pytest.mark.spec("AD-03")
def test_nobody_ends_the_session_of_another_account(
    provider: Provider, signed_in: Browser, account: Account
) -> None:
    victim = make_account(provider, "victim")
    victims = signed_in_elsewhere(provider, signed_in, victim)
    at_account(victims)
    signed_in_elsewhere(provider, signed_in, victim)
    victims.reload()
    stolen = next(one for one in victims.page.forms if one.action.endswith("/sessions/end"))
    signed_in_elsewhere(provider, signed_in, account)
    at_account(signed_in)
    own = next(one for one in signed_in.page.forms if one.action.endswith("/sessions/end"))
    signed_in.press(own.buttons[0].value, session_id=stolen.buttons[0].value)
    victims.reload()
    assert any(one.action.endswith("/sessions/end") for one in victims.page.forms)


def test_it_shows_where_the_person_is_signed_in(
    provider: Provider, signed_in: Browser, account: Account
) -> None:
    elsewhere = another_browser(signed_in, address="192.0.2.44")
    already_signed_in(provider, elsewhere, account)
    at_account(signed_in)
    assert "This browser" in signed_in.page.text
    assert "192.0.2.44" in signed_in.page.text
    signed_in.press("end_others")
    assert "All other browsers have been signed out." in signed_in.page.text
    assert "192.0.2.44" not in signed_in.page.text


def test_signing_out_there_ends_on_a_page_that_says_so(signed_in: Browser) -> None:
    at_account(signed_in)
    signed_in.press("sign_out")
    assert signed_in.page.has("logout-success")
    assert signed_in.jar.get("signet_session") is None


@pytest.mark.spec("LO-02")
def test_ending_a_session_ends_what_hangs_on_it_and_not_what_stays_while_away(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    staying = relying_party.sign_in(signed_in, scope="openid offline_access")
    other = make_relying_party()
    bound = other.sign_in(signed_in, scope="openid")
    at_account(signed_in)
    signed_in.press("sign_out")
    assert relying_party.is_accepted(staying.access_token)
    assert not other.is_accepted(bound.access_token)
    assert other.refresh_raw(bound.refresh_token).json["error_uri"].endswith("/session_ended")


@pytest.mark.spec("SE-07", "RT-15")
def test_it_tells_of_sign_ins_and_of_guesses(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", "wrong")
    user_agent.sign_in("tester", PASSWORD)
    at_account(user_agent)
    assert "A sign-in failed in the last seven days" in user_agent.page.text
    assert "Signed in from a browser not seen before" in user_agent.page.text


@pytest.mark.spec("XS-04")
def test_markup_in_names_and_user_agents_is_text(
    provider: Provider, make_relying_party: MakeParty, user_agent: Browser, account: Account
) -> None:
    named = make_account(provider, "named", claims={"name": MARKUP}, email="a<b>@example.com")
    already_signed_in(provider, user_agent, named)
    party = make_relying_party(client_name=MARKUP)
    party.authorize(user_agent)
    other = another_browser(user_agent)
    other.visit(other.issuer + "/account/login")
    form = other.page.form_with("login-submit")
    wire.post(
        party.app,
        form.action,
        {**form.fields, "username": "named", "password": PASSWORD, "action": "login"},
        headers={
            "Cookie": other.jar.header(form.action, method="POST", same_site=True),
            "User-Agent": MARKUP,
        },
    )
    at_account(user_agent)
    assert user_agent.page.text.count(MARKUP) >= 3
    assert "<svg onload" not in user_agent.page.html


@pytest.mark.spec("XS-01")
@pytest.mark.parametrize("notice", ["withdrawn", "nonsense", MARKUP, "session_ended"])
def test_a_notice_is_one_of_ours_or_none(signed_in: Browser, notice: str) -> None:
    url = f"{signed_in.issuer}/account?{wire.encode({'notice': notice})}"
    signed_in.visit(url)
    assert signed_in.status == 200
    assert ("withdrawn." in signed_in.page.text) is (notice == "withdrawn")
    assert "alert(1)" not in signed_in.page.html


@pytest.mark.spec("SE-01")
@pytest.mark.parametrize("path", ["withdraw", "sessions/end", "sessions/end-others", "sign-out"])
def test_nothing_there_can_be_done_without_a_session(
    relying_party: RelyingParty, provider: Provider, account: Account, path: str
) -> None:
    before = row_counts(provider)
    answer = wire.post(relying_party.app, f"{relying_party.issuer}/account/{path}", {"a": "b"})
    assert answer.status == 303
    assert answer.header("Location") == relying_party.issuer + "/account/login"
    assert row_counts(provider) == before
