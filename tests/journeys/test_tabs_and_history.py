"""A browser is more than one page: tabs side by side, the back button, reload, pages left open."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys import demo as demos
from tests.journeys.conftest import NewPerson
from tests.journeys.person import Person

pytestmark = pytest.mark.needs("chromium")


def test_two_tabs_sign_in_side_by_side_and_each_arrives(person: Person) -> None:
    other = person.another_tab()
    person.ask_to_sign_in()
    other.ask_to_sign_in()
    assert person.page.url != other.page.url
    other.give_password()
    other.agree()
    assert other.path == "/profile"
    person.give_password()
    person.agree()
    assert person.path == "/profile"
    other.page.reload()
    assert other.text("who") == "Demo Account"


def test_two_tabs_that_refresh_the_same_tokens_refresh_once(person: Person) -> None:
    person.sign_in()
    other = person.another_tab()
    other.open("/tokens")
    person.open("/tokens")
    person.press("refresh-now")
    renewed = person.holds()
    other.press("refresh-now")
    assert person.holds() == renewed
    assert renewed.generation == 1
    other.press("refresh-now")
    assert person.holds().generation == 2


def test_reload_keeps_the_page_and_back_leads_on(person: Person) -> None:
    person.open("/sign-in?prompt=consent")
    login = person.page.url
    person.page.reload()
    assert person.page.url == login
    person.give_password()
    consent = person.page.url
    assert consent.endswith("/consent")
    person.page.reload()
    assert person.page.url == consent
    person.page.go_back()
    # Nobody is asked for a password twice.
    assert person.page.url == consent
    person.press("consent-allow")
    assert person.path == "/profile"
    person.page.reload()
    assert person.text("who") == "Demo Account"


def test_a_page_answered_before_says_so_and_leads_back_to_the_application(person: Person) -> None:
    person.open("/sign-in?prompt=consent")
    person.give_password()
    person.press("consent-allow")
    person.page.go_back()
    expect(person.page.locator("#error-page")).to_contain_text("This page is no longer valid")
    person.choose("link", "Back to Fieldnotes")
    assert person.page.url == f"{person.demo.app}/"
    assert person.text("who") == "Demo Account"


def test_an_answer_the_application_has_had_is_not_taken_twice(person: Person) -> None:
    person.sign_in()
    code_requests = [
        message for message in person.page.locator("#messages .call").all_inner_texts()
        if "/token" in message
    ]  # fmt: skip
    assert len(code_requests) == 1
    held = person.holds()
    person.open("/callback?code=used&state=unknown&iss=" + person.demo.issuer)
    person.says("This browser is not waiting for that response")
    assert person.holds() == held


def test_a_page_left_open_until_it_expired_leads_back_too(person: Person) -> None:
    person.ask_to_sign_in()
    person.demo.change("UPDATE authorization_request SET expires_at = 1")
    person.give_password()
    expect(person.page.locator("#error-page")).to_contain_text("This page is no longer valid")
    person.choose("link", "Back to Fieldnotes")
    assert person.page.url == f"{person.demo.app}/"


@pytest.mark.needs("postgresql")
def test_the_same_on_postgresql(
    new_person: NewPerson, tmp_path: Path, postgres_database: str
) -> None:
    with demos.running(tmp_path / "demo", database_url=postgres_database) as demo:
        person = new_person(demo)
        person.sign_in()
        person.press("call-api")
        assert "200" in person.text("api-result")
        person.press("refresh-now")
        person.open("/rotation")
        person.press("repeat-last-refresh-token")
        person.says("identical to the one Fieldnotes already holds")
        person.press("reuse-old-refresh-token")
        person.says("Fieldnotes signed you out")
        person.ask_to_sign_in()
        person.press("sign-out")
        person.says("You are signed out.")
        person.leave()
