"""OAuth 2.0 Form Post Response Mode §2: answers in a form the browser posts, escaped, with nothing
in the address, and without a script where scripts are off."""

import re

import pytest

from tests.support.arrival import MakeParty, directives
from tests.support.browser import Browser
from tests.support.page import Page
from tests.support.relying_party import RelyingParty

MARKUP = (
    '"><svg onload=alert(1)>',
    "</script><script>alert(1)</script>",
    "'\"&<>",
    "${7*7}{{7*7}}",
)


def posted(browser: Browser) -> Page:
    """Return the page that posted the answer."""
    answer = browser.visited[-1]
    assert answer.status == 200
    return Page(answer.url, answer.text)


@pytest.mark.spec("FORMPOST-2", "XS-02")
@pytest.mark.parametrize("state", MARKUP)
@pytest.mark.parametrize("refused", [True, False])
def test_state_is_text_and_arrives_as_it_came(
    relying_party: RelyingParty, signed_in: Browser, state: str, refused: bool
) -> None:
    if refused:
        relying_party.refused(signed_in, response_mode="form_post", state=state, scope="nope")
    else:
        relying_party.authorize(signed_in, response_mode="form_post", state=state)
    page = posted(signed_in)
    assert len(page.scripts) == 1
    assert len(page.forms) == 1
    assert page.forms[0].fields["state"] == state
    assert "<svg" not in page.html.replace('<svg class="icon"', "")


@pytest.mark.spec("FORMPOST-2")
def test_the_form_posts_to_the_redirect_uri_and_nothing_is_in_an_address(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    uri = "https://rp.example/cb?tenant=1&x=%22"
    party = make_relying_party(redirect_uris=(uri,))
    grant = party.authorize(signed_in, response_mode="form_post")
    page = posted(signed_in)
    assert (page.forms[0].action, page.forms[0].method) == (uri, "POST")
    assert set(page.forms[0].fields) == {"code", "state", "iss"}
    assert not any(grant.code in link for link in page.links)
    assert not any(grant.code in str(one.header("Location")) for one in signed_in.visited)


@pytest.mark.spec("FORMPOST-2")
def test_without_scripts_there_is_a_button(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in, response_mode="form_post")
    page = posted(signed_in)
    assert [one.name for one in page.forms[0].buttons] == [""]
    assert "press the button" in page.text


@pytest.mark.spec("FORMPOST-2", "UI-02")
def test_only_its_own_script_runs(relying_party: RelyingParty, signed_in: Browser) -> None:
    relying_party.authorize(signed_in, response_mode="form_post")
    page, policy = posted(signed_in), directives(signed_in.visited[-1])
    nonce = re.fullmatch(r"'nonce-([A-Za-z0-9+/]{22}==)'", policy["script-src"][0])
    assert nonce
    assert policy["script-src"] == [f"'nonce-{nonce[1]}'"]
    assert page.scripts[0][0]["nonce"] == nonce[1]
    assert "src" not in page.scripts[0][0]
    assert policy["default-src"] == ["'none'"]


@pytest.mark.spec("FORMPOST-2")
def test_errors_arrive_by_form_post_as_well(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    refused = relying_party.refused(user_agent, response_mode="form_post", prompt="none")
    assert refused.error == "login_required"
    assert user_agent.left is not None
    assert (user_agent.left.mode, user_agent.left.method) == ("form_post", "POST")


@pytest.mark.spec("FORMPOST-2")
def test_the_policy_does_not_stand_in_the_way_of_where_the_client_leads_next(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in, response_mode="form_post")
    assert "form-action" not in directives(signed_in.visited[-1])
