"""What every page and every answer carries: nothing runs that is not ours, nobody frames, caches
or guesses types, and no address travels on (RFC 9700 §4.16, §4.2; OWASP ASVS V3.4)."""

import re

import pytest

from tests.specs.security.conftest import PAGES, Arrive
from tests.support import wire
from tests.support.arrival import MakeParty, at_consent, at_login, directives
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ENDPOINTS = (
    "/.well-known/openid-configuration",
    "/jwks",
    "/token",
    "/userinfo",
    "/introspect",
    "/revoke",
    "/health/live",
    "/static/signet.css",
    "/static/nothing.css",
    "/nowhere",
    "/account",
)


@pytest.mark.spec("UI-01", "RFC9700-4.16")
@pytest.mark.parametrize("page", PAGES)
def test_no_page_can_be_framed(arrive: Arrive, page: str) -> None:
    answer = arrive(page)
    assert directives(answer)["frame-ancestors"] == ["'none'"]
    assert answer.header("X-Frame-Options") == "DENY"


@pytest.mark.spec("UI-02", "XS-01")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_nothing_and_loads_only_our_own(arrive: Arrive, page: str) -> None:
    answer = arrive(page)
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"]
    assert "unsafe" not in str(policy)
    assert "*" not in str(policy)
    scripts = policy.get("script-src", [])
    assert scripts == [] or re.fullmatch(r"'nonce-[A-Za-z0-9+/=]{20,}'", scripts[0])
    assert not re.search(r"\sstyle=|<style|javascript:", answer.text)


@pytest.mark.spec("UI-03", "UI-04", "SE-09")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_not_kept_and_tells_nobody_where_the_person_was(
    arrive: Arrive, page: str
) -> None:
    answer = arrive(page)
    assert answer.is_no_store
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Type") == "text/html; charset=utf-8"


@pytest.mark.spec("UI-03")
@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_answer_says_https_only_and_what_it_is(
    relying_party: RelyingParty, path: str, method: str
) -> None:
    answer = wire.send(relying_party.app, method, relying_party.issuer + path)
    assert answer.header("Strict-Transport-Security") == "max-age=31536000"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Server") is None
    assert answer.header("X-Powered-By") is None


@pytest.mark.spec("UI-02")
@pytest.mark.parametrize("path", ["/account", "/account/withdraw", "/account/sessions/end"])
def test_what_sends_the_browser_on_is_no_page(relying_party: RelyingParty, path: str) -> None:
    """So whatever says it is HTML carries a policy."""
    method = "GET" if path == "/account" else "POST"
    headers = {"Content-Type": wire.FORM}
    answer = wire.send(relying_party.app, method, relying_party.issuer + path, headers=headers)
    assert answer.status == 303
    assert answer.header("Content-Type") is None
    assert answer.header("Referrer-Policy") == "no-referrer"
    assert answer.is_no_store


@pytest.mark.spec("UI-03")
@pytest.mark.settings(issuer="http://localhost:8000")
@pytest.mark.parametrize("path", ENDPOINTS)
def test_plain_http_on_localhost_does_not_speak_of_https(
    relying_party: RelyingParty, path: str
) -> None:
    answer = wire.get(relying_party.app, relying_party.issuer + path)
    assert answer.header("Strict-Transport-Security") is None


@pytest.mark.spec("UI-02")
def test_a_form_may_lead_to_the_client_and_nowhere_else(
    relying_party: RelyingParty, user_agent: Browser, signed_in: Browser
) -> None:
    stranger = Browser(user_agent._app, user_agent.issuer)
    at_login(stranger, relying_party)
    at_consent(signed_in, relying_party)
    for browser in (stranger, signed_in):
        assert browser.answer is not None
        assert directives(browser.answer)["form-action"] == ["'self'", "https://rp.example"]


@pytest.mark.spec("UI-02")
@pytest.mark.parametrize("page", ["home", "account", "account login", "problem", "logout"])
def test_a_page_without_a_client_leads_nowhere_else(arrive: Arrive, page: str) -> None:
    assert directives(arrive(page))["form-action"] == ["'self'"]


@pytest.mark.spec("RFC8252-7.1", "RFC8252-7.3")
@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("http://127.0.0.1:51234/cb", "http://127.0.0.1:51234"),
        ("com.example.app:/cb", "com.example.app:"),
        ("http://[::1]:51234/cb", "http:"),
    ],
)
def test_the_policy_lets_an_answer_reach_a_native_application(
    make_relying_party: MakeParty, signed_in: Browser, redirect_uri: str, source: str
) -> None:
    """CSP has no source expression for an IPv6 address (CSP3 §2.3.1)."""
    uris = ("http://127.0.0.1/cb", "com.example.app:/cb", "http://[::1]/cb")
    party = make_relying_party(
        application_type="native", token_endpoint_auth_method="none", redirect_uris=uris,
        grant_types=("authorization_code",),
    )  # fmt: skip
    at_consent(signed_in, party, redirect_uri=redirect_uri)
    assert signed_in.answer is not None
    assert directives(signed_in.answer)["form-action"] == ["'self'", source]


@pytest.mark.spec("UI-02")
def test_images_may_come_from_https_for_the_logos_of_clients(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party)
    assert user_agent.answer is not None
    assert directives(user_agent.answer)["img-src"] == ["'self'", "https:", "data:"]


@pytest.mark.spec("UI-04")
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke", "/userinfo"])
def test_refusals_for_machines_are_not_kept_either(relying_party: RelyingParty, path: str) -> None:
    answer = wire.post(relying_party.app, relying_party.issuer + path, {"a": "b"})
    assert answer.status in (400, 401)
    assert answer.is_no_store
    assert answer.content_type == "application/json"


@pytest.mark.spec("UI-04")
def test_static_files_are_kept_because_their_address_changes_with_them(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    at_login(user_agent, relying_party)
    found = re.findall(r'(?:href|src)="(https://op\.example/static/[^"]+)"', user_agent.page.html)
    assert found
    for address in found:
        assert re.search(r"\?v=[0-9a-f]{12}$", address)
        answer = wire.get(relying_party.app, address)
        assert answer.status == 200
        assert "max-age=31536000" in (answer.header("Cache-Control") or "")
        assert answer.headers("Set-Cookie") == []


@pytest.mark.spec("UI-04")
@pytest.mark.parametrize("path", ["../rendering.py", "%2e%2e/rendering.py", "..%2frendering.py"])
def test_nothing_but_static_files_is_served_as_one(relying_party: RelyingParty, path: str) -> None:
    answer = wire.get(relying_party.app, f"{relying_party.issuer}/static/{path}")
    assert answer.status == 404


@pytest.mark.spec("RFC9700-4.16", "OIDCC-3.1.2.6")
def test_a_silent_answer_in_a_frame_has_no_frame_denial_in_the_way(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    relying_party.refused(user_agent, prompt="none")
    for answer in user_agent.visited:
        assert answer.status == 303
        assert answer.header("X-Frame-Options") is None
        assert answer.header("Content-Security-Policy") is None


@pytest.mark.spec("UI-03")
@pytest.mark.parametrize("path", ["/static/signet.css", "/account", "/errors", "/health/live"])
@pytest.mark.parametrize("method", ["OPTIONS", "POST", "TRACE"])
def test_nothing_answers_a_method_that_it_does_not_serve(
    relying_party: RelyingParty, path: str, method: str
) -> None:
    """One policy for pages and files: no answer made by the framework alone."""
    answer = wire.send(relying_party.app, method, relying_party.issuer + path)
    assert answer.status == 405
    assert "OPTIONS" not in (answer.header("Allow") or "")
    assert directives(answer)["default-src"] == ["'none'"]
