"""What pages show of a client in several languages (RFC 7591 §2.2, OpenID Connect Dynamic Client
Registration §2.1): the language of the page, then less and less of its tag, then what the client
says in no language."""

import pytest

from tests.support.arrival import MakeParty, another_browser, at_account, at_consent, at_login
from tests.support.browser import Browser

pytestmark = pytest.mark.spec("RFC7591-2.2", "OIDCR-2.1")
PLAIN = {
    "client_name": "Notes",
    "client_uri": "https://rp.example/",
    "logo_uri": "https://rp.example/logo.png",
    "policy_uri": "https://rp.example/policy",
    "tos_uri": "https://rp.example/terms",
}
KOREAN = {
    "client_name#ko": "노트",
    "client_uri#ko": "https://rp.example/ko",
    "logo_uri#ko": "https://rp.example/logo-ko.png",
    "policy_uri#ko": "https://rp.example/policy-ko",
    "tos_uri#ko": "https://rp.example/terms-ko",
}


def links(browser: Browser) -> tuple[str, str, str]:
    """Return where logo, policy and terms of the page on display are."""
    found = browser.page.elements
    return (
        found["client-logo"].attributes["src"],
        found["client-policy"].attributes["href"],
        found["client-tos"].attributes["href"],
    )


@pytest.mark.parametrize("page", ["login", "consent"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_sign_in_and_consent_show_the_client_in_the_language_of_the_page(
    make_relying_party: MakeParty, signed_in: Browser, page: str, language: str
) -> None:
    party = make_relying_party(**PLAIN, localized=KOREAN)
    if page == "login":
        at_login(another_browser(signed_in), party)
        browser = another_browser(signed_in, language=language)
        at_login(browser, party)
    else:
        browser = signed_in
        at_consent(browser, party, ui_locales=language)
    mark = "-ko" if language == "ko" else ""
    assert ("노트" in browser.page.text, "Notes" in browser.page.text) == (
        language == "ko", language == "en",
    )  # fmt: skip
    assert links(browser) == (
        f"https://rp.example/logo{mark}.png",
        f"https://rp.example/policy{mark}",
        f"https://rp.example/terms{mark}",
    )


def test_account_and_sign_out_show_the_client_in_the_language_of_the_page(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**PLAIN, localized=KOREAN)
    party.sign_in(signed_in)
    at_account(signed_in)
    assert "Notes" in signed_in.page.text
    signed_in.visit(f"{signed_in.issuer}/account?lang=ko")
    assert "노트" in signed_in.page.text
    assert "Notes" not in signed_in.page.text
    signed_in.come(f"{party.endpoint('end_session')}?client_id={party.client_id}")
    assert signed_in.at == "logout"
    assert "노트" in signed_in.page.text


def test_the_sign_out_page_speaks_what_the_client_asks_for(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**PLAIN, localized=KOREAN)
    fields = {"client_id": party.client_id, "ui_locales": "ko"}
    signed_in.come_with(party.endpoint("end_session"), fields)
    assert "노트" in signed_in.page.text


def test_the_error_page_leads_home_in_the_language_of_the_page(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party(**PLAIN, localized=KOREAN)
    browser = another_browser(user_agent, language="ko")
    browser.come(party.start(redirect_uri="https://rp.example/other").url)
    assert "노트" in browser.page.text
    assert "https://rp.example/ko" in browser.page.links


@pytest.mark.parametrize(
    ("localized", "language", "shown"),
    [
        ({"client_name#ko-KR": "한국"}, "ko", "한국"),
        ({"client_name#KO": "한국"}, "ko-KR", "한국"),
        ({"client_name#kok": "Konkani"}, "ko", "Notes"),
        ({"client_name#ja": "ノート"}, "ko", "Notes"),
        ({"client_name#en": "English notes"}, "fr", "English notes"),
        ({"client_name#en-GB": "British notes", "client_name#en": "Plain"}, "en", "Plain"),
    ],
)
def test_what_is_nearest_is_shown(
    make_relying_party: MakeParty,
    user_agent: Browser,
    localized: dict[str, str],
    language: str,
    shown: str,
) -> None:
    party = make_relying_party(**PLAIN, localized=localized)
    browser = another_browser(user_agent, language=language)
    at_login(browser, party)
    assert shown in browser.page.text


def test_a_logo_that_does_not_load_gives_way_to_the_initial_of_the_name(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party(**PLAIN, localized=KOREAN)
    at_login(user_agent, party)
    assert user_agent.page.elements["client-logo"].attributes["data-initial"] == "N"
    browser = another_browser(user_agent, language="ko")
    at_login(browser, party)
    assert browser.page.elements["client-logo"].attributes["data-initial"] == "노"


def test_a_page_in_another_language_is_better_than_none(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party(localized={"policy_uri#ko": "https://rp.example/policy-ko"})
    at_login(user_agent, party)
    found = user_agent.page.elements["client-policy"].attributes["href"]
    assert found == "https://rp.example/policy-ko"


@pytest.mark.spec("XS-03")
def test_markup_in_any_language_is_text(
    make_relying_party: MakeParty, user_agent: Browser
) -> None:
    party = make_relying_party(
        localized={
            "client_name#en": '"><svg onload=alert(1)>',
            "logo_uri#en": "javascript:alert(1)",
            "policy_uri#en": "javascript:alert(1)",
        }
    )
    at_login(user_agent, party)
    assert '"><svg onload=alert(1)>' in user_agent.page.text
    assert "<svg onload" not in user_agent.page.html
    assert "javascript:" not in user_agent.page.html
