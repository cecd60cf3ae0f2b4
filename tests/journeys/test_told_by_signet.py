"""Other ways to ask, and what the application is told when a session ends elsewhere: through the
browser, and from server to server with the browser closed."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import NewPerson
from tests.journeys.person import Person


def ask(person: Person, link: str) -> None:
    """Sign in by one of the other links of the first page."""
    person.open("/")
    person.unfold("Other ways to ask")
    person.page.locator(f"#{link}").click()
    person.give_password()
    person.agree()
    expect(person.page).to_have_url(f"{person.demo.app}/profile")


@pytest.mark.spec("OIDCC-3.3")
def test_the_hybrid_flow_by_form_post(person: Person) -> None:
    ask(person, "sign-in-hybrid")
    assert person.text("who") == "Demo Account"


@pytest.mark.spec("OIDCC-5.5")
def test_single_claims_and_nothing_more(person: Person) -> None:
    ask(person, "sign-in-claims")
    shown = person.text("claims")
    assert "nickname" in shown
    assert "birthdate" not in shown


@pytest.mark.spec("OIDCBCL-2.5", "OIDCFCL-2")
def test_a_sign_out_at_signet_reaches_the_application(person: Person) -> None:
    person.sign_in()
    person.open_at_signet("/account")
    person.page.locator("form[action$='/account/sign-out'] button").click()
    expect(person.page.locator("#logout-success")).to_be_visible()
    person.open("/")
    assert "Signet signed you out." in person.text("told")
    assert "Signet ended the session" in person.text("messages")


@pytest.mark.spec("OIDCBCL-2.5")
def test_a_session_ended_from_another_browser_reaches_the_application(
    new_person: NewPerson,
) -> None:
    away, here = new_person(), new_person()
    away.sign_in()
    here.sign_in()
    here.open_at_signet("/account")
    here.page.locator("form[action$='/account/sessions/end-others'] button").click()
    expect(here.page.locator(".banner")).to_be_visible()
    for _ in range(50):
        away.open("/")
        if away.page.locator("#told").count():
            break
        away.page.wait_for_timeout(100)
    assert "back-channel logout" in away.text("told")
    assert away.page.locator("#who").count() == 0
