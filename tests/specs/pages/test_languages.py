"""The language of a page: what the person chose here, what the client believes, what the browser
says; English where nothing fits. Nothing of it reaches a file name or a template."""

import pytest

from provider.model.account import Account
from tests.support.arrival import PASSWORD, MakeParty, another_browser, at_consent, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

KOREAN = "로그인"


def language(browser: Browser) -> str:
    """Return the language of the page on display, which it says in two places."""
    assert browser.answer is not None
    said = browser.answer.header("Content-Language")
    assert f'<html lang="{said}"' in browser.page.html
    return str(said)


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("ko", "ko"), ("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("en,ko;q=0.9", "en"),
        ("fr,ko;q=0.5,en;q=0.4", "ko"), ("fr", "en"), ("", "en"), ("*", "en"), ("ko;q=0", "en"),
        ("ko;q=x", "en"), ("," * 5000, "en"), ("KO-kr", "ko"),
    ],
)  # fmt: skip
def test_the_browser_is_asked_what_the_person_reads(
    relying_party: RelyingParty, user_agent: Browser, accepted: str, expected: str
) -> None:
    browser = another_browser(user_agent, language=accepted)
    at_login(browser, relying_party)
    assert language(browser) == expected
    assert (KOREAN in browser.page.text) is (expected == "ko")


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize(
    ("ui_locales", "expected"),
    [("ko", "ko"), ("fr-CA ko en", "ko"), ("en ko", "en"), ("ko-KR", "ko"), ("se", "en")],
)
def test_the_client_may_say_what_the_person_reads(
    relying_party: RelyingParty,
    user_agent: Browser,
    account: Account,
    ui_locales: str,
    expected: str,
) -> None:
    at_login(user_agent, relying_party, ui_locales=ui_locales)
    assert language(user_agent) == expected
    user_agent.sign_in("tester", "wrong")
    assert language(user_agent) == expected
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.at == "consent"
    assert language(user_agent) == expected


def test_what_the_client_says_does_not_last(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party, ui_locales="ko")
    assert user_agent.jar.get("signet_locale") is None
    user_agent.visit(user_agent.issuer + "/account/login")
    assert language(user_agent) == "en"


@pytest.mark.parametrize("path", ["/authorize?ui_locales=ko", "/logout?ui_locales=ko"])
def test_what_a_client_says_at_a_protocol_endpoint_does_not_last_either(
    signed_in: Browser, path: str
) -> None:
    signed_in.come(signed_in.issuer + path)
    assert language(signed_in) == "ko"
    assert signed_in.jar.get("signet_locale") is None


def test_what_the_person_chose_here_counts_more_and_is_remembered(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party, ui_locales="en")
    korean = next(link for link in user_agent.page.links if "lang=ko" in link)
    user_agent.follow(korean)
    assert language(user_agent) == "ko"
    at_login(user_agent, relying_party, ui_locales="en")
    assert language(user_agent) == "ko"


@pytest.mark.parametrize("page", ["reauthentication", "logout", "reason", "error"])
def test_choosing_a_language_stays_on_the_page(
    relying_party: RelyingParty, signed_in: Browser, page: str
) -> None:
    if page == "reauthentication":
        relying_party.sign_in(signed_in)
        signed_in.come(relying_party.start(prompt="login").url)
    elif page == "logout":
        end = relying_party.endpoint("end_session")
        signed_in.come(f"{end}?client_id={relying_party.client_id}&state=s")
    elif page == "reason":
        signed_in.visit(signed_in.issuer + "/errors/reuse_detected")
    else:
        signed_in.come(relying_party.start(redirect_uri="https://evil.example/cb").url)
    before = signed_in.page
    buttons = [one.id for form in before.forms for one in form.buttons]
    signed_in.follow(next(link for link in before.links if "lang=ko" in link))
    assert signed_in.left is None
    assert language(signed_in) == "ko"
    assert signed_in.url.partition("?")[0] == before.url.partition("?")[0]
    assert [one.id for form in signed_in.page.forms for one in form.buttons] == buttons
    assert ("evil.example" in signed_in.page.text) is (page == "error")
    assert before.has("login-reason") is signed_in.page.has("login-reason")


@pytest.mark.parametrize(
    "odd", ["xx", "../../etc/passwd", "ko\x00", "한국어", "k" * 150, '"><svg>']
)
def test_a_choice_nobody_offers_is_no_choice(user_agent: Browser, odd: str) -> None:
    user_agent.visit(user_agent.issuer + "/account/login?lang=ko")
    from urllib.parse import quote

    user_agent.visit(f"{user_agent.issuer}/account/login?lang={quote(odd)}")
    assert "<svg>" not in user_agent.page.html
    user_agent.visit(user_agent.issuer + "/account/login")
    assert language(user_agent) == "ko"


@pytest.mark.spec("XS-05")
@pytest.mark.parametrize("odd", ["{{7*7}}", "${7*7}", "../../ko", "%2e%2e/ko", "<svg onload=x>"])
def test_odd_locales_are_neither_evaluated_nor_looked_up(
    make_relying_party: MakeParty, user_agent: Browser, odd: str
) -> None:
    at_login(user_agent, make_relying_party(client_name="Notes"), ui_locales=odd)
    assert language(user_agent) == "en"
    assert "49" not in user_agent.page.text
    assert "<svg onload" not in user_agent.page.html


@pytest.mark.parametrize("planted", ["../../etc", "xx", "ko_KR", "{{7*7}}", "ko"])
def test_a_planted_language_cookie_does_no_harm(
    relying_party: RelyingParty, user_agent: Browser, planted: str
) -> None:
    user_agent.visit(user_agent.issuer + "/account/login?lang=ko")
    user_agent.jar.cookies["op.example", "__Host-signet_locale"].value = planted
    at_login(user_agent, relying_party)
    assert language(user_agent) == ("ko" if planted.startswith("ko") else "en")


def test_every_page_of_a_journey_can_be_korean(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    signed_in.language = "ko"
    at_consent(signed_in, relying_party)
    assert language(signed_in) == "ko"
    for path in ("/", "/account", "/logout", "/errors", "/errors/expired_idle", "/nowhere"):
        signed_in.visit(signed_in.issuer + path)
        assert language(signed_in) == "ko"


def test_discovery_says_which_languages_there_are(relying_party: RelyingParty) -> None:
    assert relying_party.metadata["ui_locales_supported"] == ["en", "ko"]
