"""What the demo API accepts: access tokens of its issuer, for itself, valid now, with the scope.
Its refusals are the challenges of RFC 6750 §3, and an outage of the issuer is none."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.client_demo.conftest import API, Server
from tests.support import jwt, wire
from tests.support.clock import SettableClock
from tests.support.factories import API as OTHER_API
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

NOTES = f"{API}/api/notes"
REALM = 'Bearer realm="Fieldnotes API"'


@pytest.fixture
def party(make_relying_party: Callable[..., RelyingParty]) -> RelyingParty:
    """A client that may use this API and another."""
    return make_relying_party(policy={"resources": (API, OTHER_API)})


@pytest.fixture
def token(party: RelyingParty) -> str:
    """An access token with which notes can be read."""
    return party.client_credentials(resource=API, scope="notes:read").access_token


def read(api: Flask, token: str, scheme: str = "Bearer") -> Answer:
    return wire.get(api, NOTES, headers={"Authorization": f"{scheme} {token}"})


def challenged(answer: Answer, status: int, error: str) -> str:
    """Check that an answer is a proper refusal. Return its challenge."""
    assert answer.status == status, answer.body
    challenge = answer.header("WWW-Authenticate") or ""
    assert challenge.startswith(f'{REALM}, error="{error}", error_description="')
    assert re.fullmatch(r'Bearer (\w+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(, )?)+', challenge)
    assert answer.json["error"] == error
    assert answer.is_no_store
    return challenge


@pytest.mark.spec("RFC9068-4")
def test_a_token_for_this_api_opens_it(api: Flask, token: str) -> None:
    assert read(api, token).json == {"notes": []}
    assert read(api, token, scheme="bEaReR").status == 200


@pytest.mark.spec("RFC6750-3.1")
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}], ids=["none", "Basic"])
def test_without_a_token_the_challenge_names_no_error(api: Flask, headers: dict[str, str]) -> None:
    answer = wire.get(api, NOTES, headers=headers)
    assert answer.status == 401
    assert answer.header("WWW-Authenticate") == f'{REALM}, scope="notes:read"'


@pytest.mark.spec("RFC9700-4.3.2")
def test_a_token_in_the_query_or_the_body_is_not_taken(api: Flask, token: str) -> None:
    in_query = f"{NOTES}?access_token={token}"
    challenged(wire.get(api, in_query), 400, "invalid_request")
    both = wire.get(api, in_query, headers={"Authorization": f"Bearer {token}"})
    challenged(both, 400, "invalid_request")
    in_body = wire.post(api, NOTES, {"access_token": token})
    assert in_body.header("WWW-Authenticate") == f'{REALM}, scope="notes:write"'


@pytest.mark.parametrize("value", ["", "two tokens", "a,b", "ä", '"quoted"'])
def test_a_malformed_header_is_an_invalid_request(api: Flask, value: str) -> None:
    challenged(read(api, value), 400, "invalid_request")


@pytest.mark.spec("RFC6750-3.1")
def test_a_token_without_the_scope_is_told_which_one_it_lacks(api: Flask, token: str) -> None:
    authorization = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = wire.send(api, "POST", NOTES, headers=authorization, body=b'{"text": "a note"}')
    assert 'scope="notes:write"' in challenged(answer, 403, "insufficient_scope")
    assert read(api, token).json == {"notes": []}


@pytest.mark.spec("RFC9068-4")
def test_a_token_for_another_audience_is_refused(
    api: Flask, party: RelyingParty, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    other = party.client_credentials(resource=OTHER_API, scope="notes:read").access_token
    assert "aud" not in challenged(read(api, other), 401, "invalid_token")
    assert f"aud: expected '{API}'" in caplog.text


@pytest.mark.spec("RFC9068-4")
def test_a_token_of_another_time_is_refused(
    api: Flask, party: RelyingParty, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for away, claim in ((-1200, "exp"), (1200, "iat")):
        clock.advance(away)
        other = party.client_credentials(resource=API, scope="notes:read").access_token
        clock.advance(-away)
        challenged(read(api, other), 401, "invalid_token")
        assert f"{claim}: expected" in caplog.text


@pytest.mark.spec("RFC8725-3.11")
def test_another_kind_of_token_is_refused(
    api: Flask, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for typ in ("JWT", "logout+jwt", None):
        forged = jwt.sign(jwt.key_for("ES256"), jwt.claims_of(token), typ=typ)
        challenged(read(api, forged), 401, "invalid_token")
        assert f"typ: expected 'at+jwt', found {typ!r}" in caplog.text


@pytest.mark.spec("RFC8725-3.1")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_is_refused(
    api: Flask, party: RelyingParty, token: str, forgery: str
) -> None:
    kid = jwt.header_of(token)["kid"]
    published = next(key for key in party.jwks["keys"] if key["kid"] == kid)
    challenged(read(api, FORGERIES[forgery](token, published)), 401, "invalid_token")


def test_invented_key_ids_cost_the_issuer_one_request(
    api: Flask, served: Server, token: str
) -> None:
    assert read(api, token).status == 200
    fetched = served.asked["/jwks"]
    for number in range(5):
        header = {**jwt.header_of(token), "kid": f"invented-{number}"}
        forged = jwt.sign(jwt.key_for("ES256"), jwt.claims_of(token), **header)
        challenged(read(api, forged), 401, "invalid_token")
    assert served.asked["/jwks"] - fetched <= 1
    assert read(api, token).status == 200


def test_an_outage_of_the_issuer_is_no_verdict_on_a_token(
    api: Flask, served: Server, token: str
) -> None:
    served.is_out_of_order = True
    answer = read(api, token)
    assert answer.status == 503
    assert answer.header("Retry-After")
    assert answer.header("WWW-Authenticate") is None


def test_everybody_sees_their_own_notes_only(
    api: Flask, make_relying_party: Callable[..., RelyingParty]
) -> None:
    tokens = [
        make_relying_party(policy={"resources": (API,)})
        .client_credentials(resource=API, scope="notes:read notes:write")
        .access_token
        for _ in range(2)
    ]
    for number, token in enumerate(tokens):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        body = b'{"text": "note %d"}' % number
        assert wire.send(api, "POST", NOTES, headers=headers, body=body).status == 201
    for number, token in enumerate(tokens):
        assert [note["text"] for note in read(api, token).json["notes"]] == [f"note {number}"]
