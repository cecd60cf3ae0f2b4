"""What no honest client sends, at every address we have: refused in time, with a status that says
what is wrong, without a trace of how we work (RFC 9110 §15.5; RFC 3629 §10)."""

from time import thread_time

import pytest

from provider.context import Provider
from tests.support import wire
from tests.support.arrival import at_consent, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import row_counts
from tests.support.wire import FORM

GET = ("/authorize", "/logout", "/userinfo", "/", "/account", "/account/login", "/errors")
POST = ("/token", "/introspect", "/revoke", "/userinfo", "/authorize", "/logout")
PAGES_POST = ("/account/login", "/account/withdraw", "/account/sign-out", "/logout/confirm")
BROKEN = {
    "invalid UTF-8": b"scope=%ff%fe",
    "raw bytes": b"scope=\xff\xfe",
    "NUL": b"scope=a%00b",
    "NUL in a name": b"sc%00ope=a",
    "lone surrogate": b"scope=%ed%a0%80",
    "overlong": b"scope=%c0%af",
    "1000 fields": b"&".join(b"f%d=x" % number for number in range(1000)),
}


@pytest.mark.spec("HP-05")
@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("path", POST)
def test_a_body_that_is_no_text_is_refused(
    relying_party: RelyingParty, path: str, broken: str
) -> None:
    _, headers = relying_party.credentials()
    answer = wire.send(
        relying_party.app,
        "POST",
        relying_party.issuer + path,
        headers={**headers, "Content-Type": FORM},
        body=BROKEN[broken],
    )
    assert answer.status == 400
    assert b"invalid_request" in answer.body


@pytest.mark.spec("HP-05")
@pytest.mark.parametrize("broken", [name for name in BROKEN if name != "raw bytes"])
@pytest.mark.parametrize("path", ["/authorize", "/logout"])
def test_a_query_that_is_no_text_is_refused(
    relying_party: RelyingParty, path: str, broken: str
) -> None:
    query = BROKEN[broken].decode("latin-1")[:8000]
    answer = wire.get(relying_party.app, f"{relying_party.issuer}{path}?{query}")
    assert answer.status == 400
    assert b"error-page" in answer.body


@pytest.mark.spec("HP-05")
@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("path", ["/", "/account", "/account/login", "/errors", "/signed-out"])
def test_a_page_that_asks_for_nothing_is_shown_whatever_the_query_says(
    relying_party: RelyingParty, path: str, broken: str
) -> None:
    query = BROKEN[broken].decode("latin-1")[:8000]
    answer = wire.get(relying_party.app, f"{relying_party.issuer}{path}?{query}")
    assert answer.status in (200, 303, 400)


@pytest.mark.spec("HP-05")
@pytest.mark.parametrize("broken", ["%00", "%ff", "%ed%a0%80", "\u202e", "%0d%0aX: y"])
@pytest.mark.parametrize("prefix", ["/", "/errors/", "/interaction/", "/static/", "/account/"])
def test_an_address_that_is_no_text_leads_nowhere(
    relying_party: RelyingParty, prefix: str, broken: str
) -> None:
    url = f"{relying_party.issuer}{prefix}{broken}"
    assert wire.get(relying_party.app, url.encode().decode("latin-1")).status == 404


@pytest.mark.spec("HP-04", "G6")
@pytest.mark.parametrize("path", [*POST, *PAGES_POST])
def test_a_body_beyond_64_kb_is_refused_at_once(relying_party: RelyingParty, path: str) -> None:
    started = thread_time()
    answer = wire.send(
        relying_party.app,
        "POST",
        relying_party.issuer + path,
        headers={"Content-Type": FORM},
        body=b"a=" + b"x" * 5_000_000,
    )
    assert answer.status == 413
    assert thread_time() - started < 1


@pytest.mark.spec("HP-04")
@pytest.mark.parametrize("announced", ["999999999999", "-1", "abc", "", "1e3", "\u0661"])
def test_a_wrong_announcement_of_length_does_no_harm(
    relying_party: RelyingParty, announced: str
) -> None:
    answer = wire.send(
        relying_party.app,
        "POST",
        relying_party.issuer + "/token",
        headers={"Content-Type": FORM, "Content-Length": announced},
        body=b"grant_type=client_credentials",
    )
    assert answer.status in (400, 401, 413)


@pytest.mark.spec("HP-04", "G6")
@pytest.mark.parametrize("path", ["/authorize", "/logout"])
def test_an_address_beyond_16_kb_is_refused(relying_party: RelyingParty, path: str) -> None:
    answer = wire.get(relying_party.app, f"{relying_party.issuer}{path}?x={'y' * 17000}")
    assert answer.status == 413
    assert b"error-page" in answer.body


@pytest.mark.spec("HP-06")
@pytest.mark.parametrize(
    "method", ["PUT", "DELETE", "PATCH", "TRACE", "FOO", "PROPFIND", "get", "Post"]
)
@pytest.mark.parametrize(
    "path",
    ["/authorize", "/token", "/userinfo", "/introspect", "/revoke", "/logout", "/jwks",
     "/.well-known/openid-configuration", "/", "/account", "/account/login", "/logout/confirm",
     "/interaction/x/consent", "/errors", "/static/signet.css", "/health/live"],
)  # fmt: skip
def test_another_method_is_refused_with_those_allowed(
    relying_party: RelyingParty, provider: Provider, path: str, method: str
) -> None:
    before = row_counts(provider)
    answer = wire.send(relying_party.app, method, relying_party.issuer + path)
    assert answer.status == 405
    allowed = {one.strip() for one in (answer.header("Allow") or "").split(",")}
    assert allowed & {"GET", "POST"}
    assert method not in allowed
    assert row_counts(provider) == before


@pytest.mark.spec("HP-06")
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke", "/logout/confirm"])
def test_what_changes_something_is_not_answered_to_get(
    relying_party: RelyingParty, path: str
) -> None:
    answer = wire.get(relying_party.app, f"{relying_party.issuer}{path}?token=x&code=y")
    assert answer.status == 405
    assert answer.header("Allow") is not None


@pytest.mark.spec("HP-06")
@pytest.mark.parametrize("path", ["/", "/account/login", "/errors", "/jwks", "/health/live"])
def test_head_is_get_without_a_body(relying_party: RelyingParty, path: str) -> None:
    got = wire.get(relying_party.app, relying_party.issuer + path)
    head = wire.send(relying_party.app, "HEAD", relying_party.issuer + path)
    assert head.status == got.status == 200
    assert head.header("Content-Length") == str(len(got.body))


@pytest.mark.spec("HP-01", "HP-02")
@pytest.mark.parametrize("field", ["csrf_token", "action", "username", "password", "other"])
def test_a_field_that_stands_twice_is_refused(
    relying_party: RelyingParty, provider: Provider, user_agent: Browser, field: str
) -> None:
    at_login(user_agent, relying_party)
    form = user_agent.page.form_with("login-submit")
    fields = {**form.fields, "username": "a", "password": "b", "action": "login", "other": "c"}
    before = row_counts(provider)
    answer = wire.post(
        relying_party.app,
        form.action,
        [*fields.items(), (field, fields[field])],
        headers={"Cookie": user_agent.jar.header(form.action, method="POST", same_site=True)},
    )
    assert answer.status == 400
    assert b"error-page" in answer.body
    assert row_counts(provider) == before


@pytest.mark.spec("HP-02")
def test_fields_of_a_form_do_not_count_in_the_address(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    at_consent(signed_in, relying_party)
    form = signed_in.page.form_with("consent-allow")
    cookies = signed_in.jar.header(form.action, method="POST", same_site=True)
    query = wire.encode({**form.fields, "action": "allow"})
    answer = wire.post(
        relying_party.app, f"{form.action}?{query}", {"x": "y"}, headers={"Cookie": cookies}
    )
    assert answer.status == 403


@pytest.mark.spec("HP-05")
@pytest.mark.parametrize("name", ["\u202eretset", "a\x1fb", "\ud7ff", "𝄞" * 100, "a\nb", "%s%n"])
def test_an_odd_name_at_sign_in_is_just_a_wrong_one(
    relying_party: RelyingParty, user_agent: Browser, name: str
) -> None:
    at_login(user_agent, relying_party)
    user_agent.sign_in(name, "x")
    assert user_agent.status == 400
    assert user_agent.page.has("login-error")
