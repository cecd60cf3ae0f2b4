"""The same journey for whoever comes: with the keyboard alone, without script, in Korean, and
where the answer travels as a form."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.journeys.conftest import NewPerson
from tests.journeys.person import Person

pytestmark = pytest.mark.needs("chromium")


def tab_to(page: Page, element_id: str) -> None:
    """Press Tab until an element has the focus, and check that one can see it."""
    target = page.locator(f"#{element_id}")
    for _ in range(20):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    outline = target.evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline not in ("none", ""), f"nobody sees that #{element_id} has the focus"


def go(page: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_the_keyboard_is_enough(person: Person) -> None:
    page, keyboard = person.page, person.page.keyboard
    person.open("/sign-in?prompt=consent")
    expect(page.locator("#username")).to_be_focused()
    keyboard.type(person.demo.username)
    keyboard.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    keyboard.type(person.demo.password)
    go(page, "Enter")
    expect(page.locator("#consent-allow")).to_be_visible()
    tab_to(page, "consent-allow")
    go(page, "Enter")
    expect(page).to_have_url(f"{person.demo.app}/profile")
    tab_to(page, "call-api")
    go(page, "Space")
    expect(page.locator("#api-result")).to_contain_text("200")
    tab_to(page, "sign-out")
    go(page, "Enter")
    person.says("You are signed out.")
    tab_to(page, "sign-in")
    go(page, "Enter")
    tab_to(page, "login-cancel")
    go(page, "Enter")
    person.says("You did not share anything")


def test_it_works_where_no_script_runs(new_person: NewPerson) -> None:
    person = new_person(java_script_enabled=False)
    person.open("/sign-in?prompt=consent")
    person.give_password()
    person.press("consent-allow")
    assert person.path == "/profile"
    assert person.text("who") == "Demo Account"
    person.press("call-api")
    assert "200" in person.text("api-result")
    person.press("refresh-now")
    person.press("sign-out")
    person.page.locator("#logout-continue").click()
    person.says("You are signed out.")


@pytest.mark.parametrize("script", [True, False], ids=["by its script", "by its button"])
@pytest.mark.spec("OAuth2-FormPost-2")
def test_an_answer_as_a_form_is_posted(new_person: NewPerson, script: bool) -> None:
    person = new_person(java_script_enabled=script)
    callback = f"{person.demo.app}/callback"
    posted: list[Request] = []

    def receive(route: Route) -> None:
        posted.append(route.request)
        route.fulfill(content_type="text/html", body="<title>received</title>")

    person.page.route(callback, receive)
    asked = {
        "response_type": "code",
        "response_mode": "form_post",
        "client_id": person.demo.client[0],
        "redirect_uri": callback,
        "scope": "openid",
        "state": 'a <state> & "more"',
        "nonce": "a nonce",
        "code_challenge": urlsafe_b64encode(sha256(b"v" * 43).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    person.open_at_signet("/authorize?" + urlencode(asked))
    person.give_password()
    person.agree()
    if not script:
        person.choose("button", "Continue")
    expect(person.page).to_have_title("received")
    (request,) = posted
    assert request.method == "POST"
    fields = parse_qs(request.post_data or "")
    assert fields.pop("code")
    assert fields.pop("session_state")
    assert fields == {"state": [asked["state"]], "iss": [person.demo.issuer]}
    assert "referer" not in request.headers


def test_korean_from_the_sign_in_page_to_the_account_page(new_person: NewPerson) -> None:
    person = new_person(locale="ko-KR")
    page = person.page
    person.open("/sign-in?prompt=consent")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_label("비밀번호")).to_be_visible()
    person.give_password("not the password")
    assert "Check both" not in page.get_by_role("alert").inner_text()
    person.give_password()
    expect(page.locator("#consent-allow")).to_have_text("허용")
    person.press("consent-allow")
    assert person.path == "/profile"
    person.open_at_signet("/account")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    assert "Signed in" not in page.locator("main").inner_text()


def test_the_language_chosen_on_a_page_stays(person: Person) -> None:
    person.open("/sign-in?prompt=consent")
    person.choose("link", "한국어")
    expect(person.page.locator("html")).to_have_attribute("lang", "ko")
    person.give_password()
    expect(person.page.locator("html")).to_have_attribute("lang", "ko")
    assert person.path.endswith("/consent")
    person.choose("link", "English")
    person.says("Allow Fieldnotes to use your account?")
    person.press("consent-allow")
    assert person.path == "/profile"
