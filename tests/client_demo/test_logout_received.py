"""The provider tells the demo application that a session ended: what counts as told, and what the
person then sees (OpenID Connect Back-Channel Logout 1.0, Front-Channel Logout 1.0)."""

from typing import Any

import flask
import pytest

from client_demo.settings import Settings as DemoSettings
from provider.context import Provider
from provider.model.account import Account
from tests.client_demo.conftest import APP
from tests.client_demo.visitor import Visitor
from tests.support import wire
from tests.support.wire import Answer

EVENTS: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture
def claims(provider: Provider, demo_settings: DemoSettings, account: Account) -> dict[str, Any]:
    """What the provider says when all sessions of this person end."""
    now = provider.clock.now()
    return {
        "iss": provider.issuer,
        "aud": demo_settings.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": "a name of its own",
        "sub": account.id,
        "events": EVENTS,
    }


def signed(provider: Provider, claims: dict[str, Any], typ: str = "logout+jwt") -> str:
    return provider.keyring.snapshot(provider.clock.now()).signing["RS256"].sign(typ, claims)


def tell(demo: flask.Flask, token: str) -> Answer:
    return wire.post(demo, f"{APP}/backchannel-logout", {"logout_token": token})


@pytest.mark.spec("OIDCBCL-2.7", "OIDCBCL-2.8")
def test_a_logout_token_ends_the_session_and_the_person_is_told(
    visitor: Visitor, demo: flask.Flask, provider: Provider, claims: dict[str, Any]
) -> None:
    visitor.sign_in()
    answer = tell(demo, signed(provider, claims))
    assert (answer.status, answer.json) == (200, {"ended": 1})
    assert answer.is_no_store
    assert not visitor.app.tab().visit(f"{APP}/profile").page.has("who")
    told = visitor.app.tab().visit(f"{APP}/").page
    assert "Signet tells Fieldnotes: this session ended" in told.text


def test_what_the_person_is_told_is_told_once(
    visitor: Visitor, demo: flask.Flask, provider: Provider, claims: dict[str, Any]
) -> None:
    visitor.sign_in()
    tell(demo, signed(provider, claims))
    pages = [visitor.app.tab().visit(f"{APP}/").page for _ in range(2)]
    assert [page.has("told") for page in pages] == [True, False]


@pytest.mark.spec("OIDCBCL-2.6")
def test_a_token_counts_once(
    visitor: Visitor, demo: flask.Flask, provider: Provider, claims: dict[str, Any]
) -> None:
    token = signed(provider, claims)
    assert tell(demo, token).status == 200
    visitor.sign_in()
    answer = tell(demo, token)
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert visitor.is_signed_in


def test_somebody_elses_session_stays(
    visitor: Visitor,
    stranger: Visitor,
    demo: flask.Flask,
    provider: Provider,
    claims: dict[str, Any],
) -> None:
    visitor.sign_in()
    stranger.sign_in()
    tell(demo, signed(provider, claims))
    assert stranger.is_signed_in
    assert not visitor.is_signed_in


@pytest.mark.spec("OIDCBCL-2.6")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"nonce": "n"},
        {"events": None},
        {"events": {"something": {}}},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": None}},
        {"sub": None},
        {"sub": ["a"]},
        {"jti": None},
        {"jti": ""},
        {"iat": None},
        {"exp": None},
        {"exp": 1},
        {"iat": 1},
        {"iat": 4_000_000_000},
        {"iat": True},
    ],
)
def test_a_token_that_breaks_a_rule_ends_nothing(
    visitor: Visitor,
    demo: flask.Flask,
    provider: Provider,
    claims: dict[str, Any],
    changes: dict[str, Any],
) -> None:
    visitor.sign_in()
    wrong = {name: value for name, value in (claims | changes).items() if value is not None}
    answer = tell(demo, signed(provider, wrong))
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert answer.is_no_store
    assert visitor.is_signed_in


@pytest.mark.spec("OIDCBCL-2.6", "RFC8725-3.11")
@pytest.mark.parametrize("typ", ["JWT", "at+jwt", ""])
def test_another_kind_of_token_ends_nothing(
    visitor: Visitor, demo: flask.Flask, provider: Provider, claims: dict[str, Any], typ: str
) -> None:
    visitor.sign_in()
    assert tell(demo, signed(provider, claims, typ)).status == 400
    for nonsense in ("", "a.b.c", "é"):
        assert tell(demo, nonsense).status == 400
    assert visitor.is_signed_in


@pytest.mark.spec("OIDCFCL-3")
def test_a_frame_that_names_no_session_of_ours_ends_nothing(
    visitor: Visitor, demo: flask.Flask, demo_settings: DemoSettings
) -> None:
    visitor.sign_in()
    for query in ("", "?iss=https://elsewhere.example&sid=x", "?sid=x"):
        assert wire.send(demo, "GET", f"{APP}/frontchannel-logout{query}").status == 400
    known = f"{APP}/frontchannel-logout?iss={demo_settings.issuer}&sid=unknown"
    answer = wire.send(demo, "GET", known)
    assert answer.status == 200
    policy = answer.header("Content-Security-Policy") or ""
    assert f"frame-ancestors {demo_settings.issuer}" in policy
    assert answer.header("X-Frame-Options") is None
    assert visitor.is_signed_in
