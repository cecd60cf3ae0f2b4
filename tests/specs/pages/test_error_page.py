"""The error page: plain words, a reference number under which the log tells the rest, and never a
secret; and the pages that explain why a token was refused."""

import re

import flask
import pytest
import sqlalchemy as sa
import structlog

from provider.context import Provider
from provider.interaction.reasons import REASONS
from provider.model.account import Account
from provider.store import clients
from provider.store.schema import client as client_table
from provider.store.unit_of_work import transaction
from tests.support import wire
from tests.support.arrival import PASSWORD, MakeParty, at_consent, at_login
from tests.support.browser import Browser
from tests.support.page import Page
from tests.support.relying_party import RelyingParty

SECRETS = {
    "client_secret": "geheimnis-eins",
    "code_challenge": "geheimnis-zwei",
    "state": "geheimnis-drei",
    "nonce": "geheimnis-vier",
    "id_token_hint": "geheimnis-fuenf",
}


def reference(browser: Browser) -> str:
    found = re.search(r"Reference number ([A-Z2-7]{8})\b", browser.page.text)
    assert found, browser.page.text
    return found[1]


def test_the_page_speaks_to_a_person_and_to_a_developer(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    code = relying_party.stopped(user_agent, redirect_uri="https://rp.example/other")
    assert code == "invalid_request"
    assert user_agent.status == 400
    assert user_agent.page.text_of("error-description") == (
        "The redirect_uri is not registered for this client. It is compared exactly."
    )
    assert "This request cannot be accepted" in user_agent.page.text
    assert "https://rp.example/other" in user_agent.page.text


@pytest.mark.spec("G7")
def test_the_log_tells_more_under_the_reference_number(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    with structlog.testing.capture_logs() as logs:
        user_agent.visit(user_agent.issuer + "/interaction/nowhere/login")
    lines = [line for line in logs if line.get("reference") == reference(user_agent)]
    assert len(lines) == 1
    assert lines[0]["event"] == "refused"
    assert lines[0]["reason"] == "unknown handle"
    assert "unknown handle" not in user_agent.page.text


def test_every_error_has_a_number_of_its_own(user_agent: Browser) -> None:
    numbers = {
        reference(user_agent.visit(user_agent.issuer + "/authorize")) for _ in range(5)
    }  # fmt: skip
    assert len(numbers) == 5


def test_a_forged_answer_is_logged_under_its_number(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party)
    with structlog.testing.capture_logs() as logs:
        user_agent.press("login-submit", csrf_token="forged", password=PASSWORD)
    line = next(line for line in logs if line.get("reference") == reference(user_agent))
    assert line["reason"] == "wrong or missing csrf_token"
    assert PASSWORD not in str(logs)


def test_a_refusal_that_the_client_is_sent_is_in_the_log_too(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    with structlog.testing.capture_logs() as logs:
        relying_party.refused(user_agent, prompt="none", state="kept-between-us")
    line = next(line for line in logs if line["event"] == "refused")
    assert line["error"] == "login_required"
    assert line["client_id"] == relying_party.client_id
    assert "kept-between-us" not in str(logs)


@pytest.mark.spec("LG-01", "LG-03")
def test_neither_page_nor_log_repeats_what_was_sent(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    with structlog.testing.capture_logs() as logs:
        relying_party.stopped(user_agent, redirect_uri="https://evil.example/", **SECRETS)
    assert "geheimnis-eins" not in user_agent.page.html
    assert "geheimnis" not in user_agent.page.html.partition("<footer")[0]
    assert "geheimnis" not in str(logs)


@pytest.mark.spec("LG-03", "G1")
def test_a_failure_of_ours_is_a_number_and_an_alarm_and_no_trace(
    relying_party: RelyingParty, provider: Provider, app: flask.Flask
) -> None:
    with transaction(provider.engine) as tx:
        broken = {"client_name": "x", "redirect_uris": 7}
        tx.execute(sa.update(client_table).values(metadata=broken))
    path = relying_party.start().url.removeprefix("https://op.example")
    with structlog.testing.capture_logs() as logs:
        answer = app.test_client().get(path, base_url="https://op.example")
    assert answer.status_code == 500
    shown = Page("https://op.example" + path, answer.text)
    assert shown.text_of("error-code") == "server_error"
    for leaked in ("Traceback", "TypeError", "redirect_uris", "sqlalchemy", ".py"):
        assert leaked not in answer.text
    alarm = next(line for line in logs if line["event"] == "bug")
    assert alarm["reference"] in shown.text


@pytest.mark.spec("OR-04")
@pytest.mark.parametrize(
    "name", ["error_uri", "redirect", "next", "return_to", "retry_url", "url"]
)
def test_nothing_in_a_request_becomes_a_link(user_agent: Browser, name: str) -> None:
    user_agent.visit(f"{user_agent.issuer}/authorize?{name}=https%3A%2F%2Fevil.example%2F")
    assert user_agent.problem() == "invalid_request"
    own = f"{user_agent.issuer}/"
    assert all(link.startswith(own) for link in user_agent.page.links)


@pytest.mark.spec("XS-01")
@pytest.mark.parametrize(
    "name",
    ["client_id", "redirect_uri", "scope", "state", "response_type", "error", "handle", "prompt",
     "id_token_hint", "login_hint", "ui_locales", "x"],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/authorize", "/logout", "/account/login", "/errors", "/", "/no"]
)
def test_markup_in_a_parameter_is_never_markup(user_agent: Browser, path: str, name: str) -> None:
    query = wire.encode({name: '"><svg onload=alert(1)>'})
    user_agent.visit(f"{user_agent.issuer}{path}?{query}")
    assert "<svg onload" not in user_agent.page.html
    assert user_agent.answer is not None
    assert user_agent.answer.content_type == "text/html"


@pytest.mark.spec("XS-01")
@pytest.mark.parametrize("path", ["/%3Csvg%20onload=x%3E", "/errors/%3Csvg%20onload=x%3E"])
def test_markup_in_an_address_is_never_markup(user_agent: Browser, path: str) -> None:
    user_agent.visit(user_agent.issuer + path)
    assert user_agent.status == 404
    assert "<svg onload" not in user_agent.page.html


@pytest.mark.spec("XS-03")
@pytest.mark.parametrize("uri", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "x"])
def test_only_web_addresses_of_a_client_become_links(
    make_relying_party: MakeParty, user_agent: Browser, account: Account, uri: str
) -> None:
    party = make_relying_party(client_uri=uri, policy_uri=uri, tos_uri=uri, logo_uri=uri)
    party.stopped(user_agent, redirect_uri="https://rp.example/other")
    pages = [user_agent.page]
    at_login(user_agent, party)
    pages.append(user_agent.page)
    user_agent.sign_in("tester", PASSWORD)
    pages.append(user_agent.page)
    user_agent.allow()
    user_agent.visit(pages[1].url)
    pages.append(user_agent.page)
    for page in pages:
        assert f'href="{uri}"' not in page.html
        assert f'src="{uri}"' not in page.html


@pytest.mark.spec("XS-03")
def test_markup_in_what_a_client_says_of_itself_is_text(
    make_relying_party: MakeParty, user_agent: Browser, account: Account
) -> None:
    about = 'https://rp.example/"><svg onload=x>'
    party = make_relying_party(
        client_name='<b>"Notes"</b>{{7*7}}', policy_uri=about, tos_uri=about, logo_uri=about
    )
    at_login(user_agent, party)
    assert '<b>"Notes"</b>{{7*7}}' in user_agent.page.text
    assert "<svg onload" not in user_agent.page.html
    user_agent.sign_in("tester", PASSWORD)
    assert '<b>"Notes"</b>{{7*7}}' in user_agent.page.text
    assert "<svg onload" not in user_agent.page.html


def test_a_client_that_is_gone_leaves_a_page_that_says_so(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    at_consent(signed_in, relying_party)
    with transaction(provider.engine) as tx:
        clients.remove(tx, relying_party.client_id, now=provider.clock.now())
    signed_in.reload()
    assert signed_in.problem() == "invalid_request"


@pytest.mark.spec("RFC9700-4.14")
@pytest.mark.parametrize("reason", REASONS, ids=lambda one: str(one["code"]))
def test_every_reason_has_a_page_for_both_sides(
    user_agent: Browser, reason: dict[str, str]
) -> None:
    user_agent.visit(f"{user_agent.issuer}/errors/{reason['code']}")
    assert user_agent.status == 200
    for part in ("title", "what", "client", "person"):
        assert reason[part] in user_agent.page.text


def test_all_reasons_are_listed(user_agent: Browser) -> None:
    user_agent.visit(f"{user_agent.issuer}/errors")
    for reason in REASONS:
        assert f"{user_agent.issuer}/errors/{reason['code']}" in user_agent.page.links


@pytest.mark.parametrize(
    "path", ["/errors/nonsense", "/errors/", "/nowhere", "/account/", "/interaction"]
)
def test_an_address_that_leads_nowhere_is_a_page_of_ours(user_agent: Browser, path: str) -> None:
    user_agent.visit(user_agent.issuer + path)
    assert user_agent.status == 404
    assert user_agent.page.text_of("error-code") == "not_found"
    assert reference(user_agent)
