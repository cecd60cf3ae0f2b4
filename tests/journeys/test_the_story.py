"""What a person does with an application that lets them sign in with Signet, from the first click
to the last, in a real browser against the real processes."""

import re

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys.demo import Demo
from tests.journeys.person import Person

pytestmark = pytest.mark.needs("chromium")


def present(demo: Demo, refresh_token: str | None) -> requests.Response:
    """Present a refresh token as the application would."""
    return ask(demo, "POST", "/token", auth=demo.client, data={
        "grant_type": "refresh_token", "refresh_token": refresh_token,
    })  # fmt: skip


def userinfo(demo: Demo, access_token: str) -> requests.Response:
    return ask(demo, "GET", "/userinfo", headers={"Authorization": f"Bearer {access_token}"})


def ask(demo: Demo, method: str, path: str, **options: object) -> requests.Response:
    with requests.Session() as http:
        http.trust_env = False
        return http.request(method, demo.issuer + path, timeout=5, **options)  # type: ignore[arg-type]


@pytest.mark.spec("OIDCC-3.1")
@pytest.mark.spec("RFC6750-2.1")
@pytest.mark.spec("OIDCRP-2")
def test_sign_in_claims_api_refresh_sign_out_and_the_old_token_is_refused(person: Person) -> None:
    page, demo = person.page, person.demo
    demo.change("DELETE FROM consent")
    person.open("/")
    expect(page.locator("#who")).to_have_count(0)
    person.press("sign-in")
    assert person.host == demo.issuer
    person.says("to continue to Fieldnotes")
    person.give_password()
    for words in ("Allow Fieldnotes to use your account?", "Read your notes", "localhost:"):
        person.says(words)
    person.press("consent-allow")

    expect(page).to_have_url(f"{demo.app}/profile")
    assert person.text("who") == "Demo Account"
    claims = person.text("claims")
    for name in ("sub", "email_verified", "birthdate", "nonce", "at_hash", "auth_time"):
        assert name in claims
    assert "demo@example.com" in claims
    assert re.search(r"\d+ minutes", person.text("expires-in"))
    travelled = person.text("messages")
    for step in ("Please sign this person in", "The person comes back", "The code becomes tokens",
                 "Who is it?"):  # fmt: skip
        assert step in travelled

    person.press("call-api")
    assert "200" in person.text("api-result")
    page.fill("#text", "Two kestrels over the north slope.")
    person.press("add-note")
    assert "Two kestrels over the north slope." in person.text("api-result")

    before = person.holds()
    person.press("refresh-now")
    after = person.holds()
    assert before.refresh_token != after.refresh_token
    assert before.access_token != after.access_token
    assert before.claims["auth_time"] == after.claims["auth_time"]
    html = page.content()
    for secret in (after.refresh_token, after.access_token, after.id_token, demo.client[1]):
        assert secret is not None
        assert secret not in html
    assert page.context.cookies(demo.app)
    readable = {one["name"] for one in page.context.cookies() if not one["httpOnly"]}
    assert readable == {"signet_browser_state"}

    person.press("sign-out")
    person.says("it brought you back with the state Fieldnotes had sent along")
    refused = present(demo, after.refresh_token)
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_grant"
    assert refused.json()["error_uri"] == f"{demo.issuer}/errors/revoked_by_client"
    assert userinfo(demo, after.access_token).status_code == 401
    page.go_back()
    person.open("/profile")
    assert person.path == "/"
    person.press("sign-in")
    assert person.path.endswith("/login")


@pytest.mark.spec("RFC6750-3")
def test_the_api_refuses_what_is_not_its_access_token(person: Person) -> None:
    person.sign_in()
    refusals = {
        "call-without-token": (
            "401",
            'WWW-Authenticate: Bearer realm="Fieldnotes API", scope="notes:read"\n',
        ),
        "call-with-id-token": ("401", 'error="invalid_token"'),
        "call-with-altered-token": ("401", 'error="invalid_token"'),
    }
    for button, (status, challenge) in refusals.items():
        person.open("/notes")
        person.unfold("Try what must not work")
        person.press(button)
        result = person.text("api-result")
        assert status in result
        assert challenge in result + "\n"
    person.press("call-api")
    assert "200" in person.text("api-result")


@pytest.mark.spec("RFC9700-4.14.2")
def test_a_lost_answer_asked_again_gives_the_identical_successor(person: Person) -> None:
    person.sign_in()
    person.open("/rotation")
    person.press("repeat-last-refresh-token")
    person.says("200: a refresh token identical to the one Fieldnotes already holds")
    held = person.holds().refresh_token
    person.press("repeat-last-refresh-token")
    person.says("identical to the one Fieldnotes already holds")
    assert person.holds().refresh_token == held
    person.press("refresh-now")
    assert person.holds().refresh_token != held


@pytest.mark.spec("RFC9700-4.14.2")
def test_a_thief_ends_the_family_and_signet_explains_why(person: Person) -> None:
    person.sign_in()
    person.open("/rotation")
    person.press("reuse-old-refresh-token")
    attempts = person.page.locator(".attempts li")
    for number, words in enumerate(("refused", "refused", "401: refused")):
        expect(attempts.nth(number)).to_contain_text(words)
    # the API may have read the list since, or not yet
    expect(attempts.nth(3)).to_contain_text(re.compile("200: accepted|401: refused"))
    person.says("Fieldnotes signed you out")
    expect(person.page.locator("#who")).to_have_count(0)
    person.choose("link", "Signet explains this refusal")
    assert person.page.url == f"{person.demo.issuer}/errors/reuse_detected"
    person.says("A used refresh token came back")
    person.open_at_signet("/account")
    person.says("A used refresh token came back, so the application was signed out to be safe")
    person.ask_to_sign_in()
    assert person.path == "/profile"


def test_what_is_withdrawn_on_the_account_page_ends_at_once(person: Person) -> None:
    person.sign_in()
    held = person.holds()
    person.open_at_signet("/account")
    person.says("Fieldnotes")
    person.choose("button", "Withdraw access of Fieldnotes")
    person.says("Access withdrawn.")
    person.says("No application may use your account yet.")
    assert userinfo(person.demo, held.access_token).status_code == 401

    person.open("/tokens")
    person.press("refresh-now")
    person.says("You have been signed out")
    person.says("The person withdrew the access.")
    person.choose("link", "/errors/revoked_by_user")
    assert person.page.url == f"{person.demo.issuer}/errors/revoked_by_user"
    person.says("What the application should do")
    person.ask_to_sign_in()
    assert person.path.endswith("/consent")


@pytest.mark.spec("TSL-8.3")
def test_a_token_called_back_is_refused_by_the_api_within_seconds(person: Person) -> None:
    person.sign_in()
    person.open("/revocation")
    person.press("watch-elsewhere")
    person.says("Watching")
    with person.page.context.expect_page() as opened:
        person.page.get_by_role("link", name="on your account page at Signet").click()
    account = Person(opened.value, person.demo)
    account.choose("button", "Withdraw access of Fieldnotes")
    account.says("Access withdrawn.")
    expect(person.page.locator("#refused-after")).to_be_visible(timeout=30_000)
    person.says("Its place in the status list says that it counts no more.")
    introspections, lists = (
        int(person.page.locator("#ways tbody tr").nth(row).locator("td").first.inner_text())
        for row in (1, 2)
    )
    assert lists < introspections


@pytest.mark.spec("RFC6749-4.1.2.1")
def test_who_says_no_goes_back_with_nothing_shared(person: Person) -> None:
    person.ask_to_sign_in()
    person.press("login-cancel")
    assert person.host == person.demo.app
    person.says("You did not share anything")
    person.open("/sign-in?prompt=consent")
    person.give_password()
    person.press("consent-deny")
    person.says("access_denied")
    expect(person.page.locator("#who")).to_have_count(0)


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_the_application_may_ask_without_a_page_or_for_the_password_again(person: Person) -> None:
    person.open("/sign-in?prompt=none")
    person.says("Nobody is signed in at Signet")
    person.says("login_required")
    person.sign_in()
    first = person.holds().claims
    person.open("/sign-in?prompt=none")
    assert person.path == "/profile"
    person.open("/sign-in?prompt=login")
    person.says("Please enter your password again")
    assert person.page.input_value("#username") == person.demo.username
    person.give_password()
    second = person.holds().claims
    assert second["sub"] == first["sub"]
    assert second["auth_time"] >= first["auth_time"]


def test_a_wrong_password_is_told_and_the_right_one_still_gets_in(person: Person) -> None:
    person.ask_to_sign_in()
    person.give_password("not the password")
    expect(person.page.get_by_role("alert")).to_contain_text("is not right")
    expect(person.page.locator("#password")).to_be_focused()
    person.give_password()
    person.agree()
    assert person.path == "/profile"


@pytest.mark.spec("OIDCRP-2")
def test_signing_out_at_signet_asks_first_and_can_be_declined(person: Person) -> None:
    person.sign_in()
    person.open_at_signet("/logout")
    person.press("logout-cancel")
    assert person.path == "/account"
    person.open_at_signet("/logout")
    person.press("logout-confirm")
    expect(person.page.locator("#logout-success")).to_be_visible()
    person.open_at_signet("/account")
    assert person.path == "/account/login"
