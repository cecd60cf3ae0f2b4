"""RFC 7662 at an API: tokens that are not JWTs are asked about, and the answer is kept briefly."""

from base64 import b64decode
from typing import Any

import pytest

from provider.resource_server import Introspection, Unavailable, Verifier, require
from tests.resource_server.conftest import MakeVerifier, refusal
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support.clock import SettableClock

OPTIONS = Introspection(client_id="notes api", client_secret="s%:cret", keep=10)
TOKEN = "signet_at_opaque.with.dots"

pytestmark = pytest.mark.spec("RFC7662-2.2")


@pytest.fixture
def verifier(make_verifier: MakeVerifier) -> Verifier:
    return make_verifier(introspection=OPTIONS)


@pytest.fixture(autouse=True)
def active(issuer: TinyIssuer, clock: SettableClock) -> dict[str, Any]:
    issuer.introspected = {
        "active": True,
        "iss": issuer.name,
        "aud": [NOTES],
        "sub": "alex",
        "client_id": "notebook",
        "scope": "notes:read",
        "exp": clock.now() + 300,
    }
    return issuer.introspected


def test_an_active_token_is_what_the_issuer_says(issuer: TinyIssuer, verifier: Verifier) -> None:
    token = verifier.verify(TOKEN, require("notes:read"))
    assert (token.subject, token.client_id, token.scopes) == ("alex", "notebook", ("notes:read",))
    assert issuer.forms == [{"token": [TOKEN], "token_type_hint": ["access_token"]}]
    scheme, _, pair = issuer.credentials[0].partition(" ")
    assert (scheme, b64decode(pair)) == ("Basic", b"notes+api:s%25%3Acret")
    assert issuer.asked["/jwks"] == 0


def test_the_answer_is_kept_for_seconds_only(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    verifier.verify(TOKEN)
    clock.advance(9)
    verifier.verify(TOKEN)
    assert issuer.asked["/introspect"] == 1
    issuer.introspected = {"active": False}
    clock.advance(1)
    assert refusal(lambda: verifier.verify(TOKEN)).error == "invalid_token"


def test_the_answer_is_never_kept_past_the_end(
    issuer: TinyIssuer, verifier: Verifier, active: dict[str, Any], clock: SettableClock
) -> None:
    active["exp"] = clock.now() + 2
    verifier.verify(TOKEN)
    clock.advance(2)
    issuer.introspected = {"active": False}
    refusal(lambda: verifier.verify(TOKEN))
    assert issuer.asked["/introspect"] == 2


def test_a_refusal_is_not_kept(issuer: TinyIssuer, verifier: Verifier) -> None:
    told, issuer.introspected = issuer.introspected, {"active": False}
    refusal(lambda: verifier.verify(TOKEN))
    issuer.introspected = told
    assert verifier.verify(TOKEN).subject == "alex"


def test_answers_are_kept_within_bounds(issuer: TinyIssuer, make_verifier: MakeVerifier) -> None:
    few = Introspection(client_id="notes", client_secret="s", most=1)
    verifier = make_verifier(introspection=few)
    for token in ("one", "two", "one"):
        verifier.verify(token)
    assert issuer.asked["/introspect"] == 3


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"active": "true"},
        {"active": 1},
        {"active": None},
        {"iss": "https://op.example"},
        {"aud": "https://other.example"},
        {"aud": None},
        {"exp": 1},
        {"exp": "later"},
        {"nbf": 1_800_001_000},
        {"scope": ["notes:read"]},
        {"cnf": {"jkt": "x"}},
    ],
    ids=str,
)
def test_the_same_rules_count_as_for_a_jwt(
    verifier: Verifier, active: dict[str, Any], change: dict[str, Any]
) -> None:
    active |= change
    assert refusal(lambda: verifier.verify(TOKEN)).error == "invalid_token"


def test_the_scope_is_checked_as_for_a_jwt(verifier: Verifier) -> None:
    refused = refusal(lambda: verifier.verify(TOKEN, require("notes:write")))
    assert refused.error == "insufficient_scope"


@pytest.mark.parametrize(
    "answer",
    [
        (401, {}, b""),
        (500, {}, b""),
        (302, {"Location": "/elsewhere"}, b""),
        (200, {"Content-Type": "text/html"}, b'{"active":true}'),
        (200, {"Content-Type": "application/json"}, b"[]"),
        (200, {"Content-Type": "application/json"}, b'{"active":true,"active":true}'),
        (200, {"Content-Type": "application/json"}, b" " * 70_000),
    ],
    ids=["401", "500", "302", "html", "list", "twice", "huge"],
)
def test_no_usable_answer_is_an_outage_not_a_verdict(
    issuer: TinyIssuer, verifier: Verifier, answer: tuple[int, dict[str, str], bytes]
) -> None:
    issuer.override["/introspect"] = lambda: answer
    with pytest.raises(Unavailable) as caught:
        verifier.verify(TOKEN)
    assert caught.value.status == 503
    assert issuer.asked["/elsewhere"] == 0


def test_an_issuer_that_is_down_is_an_outage(issuer: TinyIssuer, verifier: Verifier) -> None:
    issuer.stop()
    with pytest.raises(Unavailable):
        verifier.verify(TOKEN)


def test_an_issuer_without_introspection_is_an_outage(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    issuer.metadata = {"introspection_endpoint": None}
    with pytest.raises(Unavailable, match="introspection_endpoint"):
        verifier.verify(TOKEN)


def test_nobody_is_asked_where_it_is_not_set_up(
    issuer: TinyIssuer, make_verifier: MakeVerifier
) -> None:
    verifier = make_verifier()
    assert refusal(lambda: verifier.verify(TOKEN)).error == "invalid_token"
    assert not issuer.asked


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": ""},
        {"client_secret": ""},
        {"keep": -1},
        {"keep": 301},
        {"most": 0},
    ],
    ids=str,
)
def test_introspection_that_cannot_work_cannot_be_set_up(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Introspection(**{"client_id": "c", "client_secret": "s", **wrong})


def test_an_endpoint_in_the_clear_cannot_be_set_up(make_verifier: MakeVerifier) -> None:
    clear = Introspection(client_id="c", client_secret="s", endpoint="http://op.example/i")
    with pytest.raises(ValueError, match="https"):
        make_verifier(introspection=clear)


def test_secrets_are_not_shown() -> None:
    assert "s%:cret" not in repr(OPTIONS)
