"""What the fuzzer holds every answer to, beyond what `tests.support.expectations` holds all
answers of the suite to: refusals have the form their specification gives them, nobody is sent
where no client registered, nothing that was sent stands in a page as it is, nothing secret is in
an answer or in the log that was not asked for with the right to it, and what was damaged opens
nothing."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from provider.app import protocol_routes
from tests.fuzz.cases import Sent
from tests.fuzz.spoiling import MARKUP
from tests.fuzz.world import World
from tests.support.arrival import directives
from tests.support.page import Page
from tests.support.relying_party import ERROR_MEMBERS
from tests.support.wire import Answer

UNSAFE = ("<svg onload", MARKUP)
GIVING = {
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "registration_access_token",
}
_DESCRIPTION = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]+")


def judge(world: World, sent: Sent, answer: Answer, log: Iterable[Any]) -> None:
    """Hold one answer to the law. Raises AssertionError."""
    _headers(answer)
    _location(world, answer)
    if 300 <= answer.status < 400:
        assert len(answer.body) == 0, "a redirect with a page"
    elif answer.content_type == "text/html":
        _page(world, sent, answer)
    elif sent.case.method == "HEAD" or (answer.status == 405 and not answer.body):
        pass  # RFC 9110 §9.3.2, §15.5.6: the headers say it all
    elif answer.status >= 400:
        _refusal(world, sent, answer)
    else:
        _document(answer)
    _damaged_opens_nothing(world, sent, answer)
    _secrets(world, sent, answer, repr(log))


def _headers(answer: Answer) -> None:
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Strict-Transport-Security"), "https is not insisted on"
    if answer.status == 405:
        assert answer.header("Allow"), "405 without Allow (RFC 9110 §15.5.6)"
    if answer.status == 401:
        assert answer.header("WWW-Authenticate"), "401 without a challenge (RFC 9110 §15.5.2)"
    if answer.status in (429, 503):
        assert answer.header("Retry-After"), "come back when?"


def _location(world: World, answer: Answer) -> None:
    location = answer.header("Location")
    if location is not None:
        assert _is_allowed(world, location), f"sent to {location[:200]!r}"


def _is_allowed(world: World, location: str) -> bool:
    issuer = world.provider.issuer
    if location.startswith((f"{issuer}/", "/")) or location == issuer:
        return not location.startswith(("//", "/\\")) and "\\" not in location.partition("?")[0]
    return any(location == own or location.startswith((f"{own}?", f"{own}#")) for own in world.own)


def _page(world: World, sent: Sent, answer: Answer) -> None:
    policy = directives(answer)
    assert policy["default-src"] == ["'none'"]
    assert "'unsafe-inline'" not in str(policy)
    assert answer.header("Referrer-Policy") == "no-referrer"
    if sent.case.route != "/check-session" or answer.status != 200:
        assert answer.is_no_store
        assert answer.header("X-Frame-Options") == "DENY"
        assert policy["frame-ancestors"] == ["'none'"]
    for text in UNSAFE:
        assert text not in answer.text, "what was sent stands in the page as it is"
    page = Page(answer.url, answer.text)
    for form in page.forms:
        assert _is_allowed(world, form.action), f"a form leads to {form.action[:200]!r}"
    for link in page.links:
        assert not link.lower().strip().startswith(("javascript:", "data:")), link


def _refusal(world: World, sent: Sent, answer: Answer) -> None:
    """Hold a refusal for a machine to RFC 6749 §5.2, RFC 6750 §3 and RFC 7591 §3.2.2."""
    body = answer.json
    assert set(body) <= ERROR_MEMBERS, sorted(body)
    assert answer.is_no_store
    if "error_description" in body:
        assert _DESCRIPTION.fullmatch(body["error_description"]), body
    if sent.case.route in ("/token", "/introspect", "/revoke", "/register"):
        assert "error" in body or answer.status == 401, body
    endpoint = protocol_routes(world.provider).get(sent.case.route)
    if endpoint is not None and not sent.case.path:
        assert not endpoint.for_people, "a person meets a refusal for machines"


def _document(answer: Answer) -> None:
    if answer.content_type == "application/json" and GIVING & set(answer.json):
        assert answer.is_no_store, "credentials that may be kept (RFC 6749 §5.1)"
    if answer.content_type in ("application/jwt", "application/token-introspection+jwt"):
        assert answer.is_no_store


def _damaged_opens_nothing(world: World, sent: Sent, answer: Answer) -> None:
    """Only a whole credential of the right kind opens a door."""
    if answer.status >= 300 or answer.content_type == "text/html" or sent.case.method == "OPTIONS":
        return
    whole = {one.live for one in sent.case.live() if not one.damage} | _harmless(world, sent)
    route, claimed = sent.case.route, {name for name in whole if name.endswith("access_token")}
    if route == "/userinfo":
        assert claimed, "UserInfo opened without an access token"
    if route == "/register/" and answer.status in (200, 204):
        assert "registration_access_token" in whole, "a registration opened without its token"
    is_json = answer.content_type == "application/json"
    if route in ("/token", "/introspect") and is_json:
        proven = {"basic", "post_client_secret", "client_assertion", "public_client_id"}
        assert whole & proven, f"{route} opened without client authentication"
        body = answer.json
        if route == "/introspect" and body.get("active"):
            assert {n for n in whole if "token" in n or n == "code"}, "active without a token"
        if body.get("refresh_token"):
            assert {n for n in whole if "code" in n or "refresh" in n}, "tokens without a grant"


def _harmless(world: World, sent: Sent) -> set[str]:
    """Return what arrived whole although something was done to it, such as a cut at no place."""
    text = "\n".join([sent.url, *(value for _, value in sent.headers)]).encode() + sent.body
    return {
        one.live
        for one in sent.case.live()
        if one.damage and world.look_up(one.live).encode() in text
    }


def _carries(sent: Sent, value: str) -> bool:
    """Whether a request brings this text itself, such as a password written where a name goes."""
    return quote(value).encode() in sent.body or value.encode() in sent.body


def _secrets(world: World, sent: Sent, answer: Answer, log: str) -> None:
    told = answer.body.decode("latin-1") + str(
        [value for name, value in answer.fields if name.lower() != "set-cookie"]
    )
    for name, value in world.secrets.items():
        assert value not in told or _carries(sent, value), f"the answer holds {name}"
        assert value not in log, f"the log holds {name}"
    asked = world.flows.groups_of(sent.case)
    for value, (name, group) in world.flows.handed_out().items():
        assert group in asked or value not in told, f"the answer holds somebody's {name}"
        if value not in sent.url:
            assert value not in log, f"the log holds the {name}"
