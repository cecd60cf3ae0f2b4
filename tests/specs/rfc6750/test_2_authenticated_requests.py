"""RFC 6750 §2: a token arrives in the header or in a form, never in the query (RFC 9700
§4.3.2), and only in one of them."""

import pytest

from tests.support import wire
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, Tokens, refusal
from tests.support.wire import FORM, Answer

pytestmark = pytest.mark.spec("RFC6750-2")


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


def ask(
    party: RelyingParty,
    method: str,
    *,
    header: str | None = None,
    body: bytes = b"",
    content_type: str | None = None,
    query: str = "",
) -> Answer:
    headers = {"Authorization": header, "Content-Type": content_type}
    sent = {name: value for name, value in headers.items() if value is not None}
    url = party.endpoint("userinfo") + (f"?{query}" if query else "")
    return wire.send(party.app, method, url, headers=sent, body=body)


def form(token: str) -> bytes:
    return wire.encode({"access_token": token}).encode()


@pytest.mark.spec("RFC6750-2.1")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_header_carries_the_token(
    relying_party: RelyingParty, tokens: Tokens, method: str, scheme: str
) -> None:
    answer = ask(relying_party, method, header=f"{scheme} {tokens.access_token}")
    assert answer.status == 200
    assert answer.json["sub"] == tokens.claims["sub"]


@pytest.mark.spec("RFC6750-2.2")
@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=UTF-8"])
def test_a_form_carries_the_token(
    relying_party: RelyingParty, tokens: Tokens, content_type: str
) -> None:
    answer = ask(relying_party, "POST", body=form(tokens.access_token), content_type=content_type)
    assert answer.status == 200
    assert answer.json["sub"] == tokens.claims["sub"]


@pytest.mark.spec("RFC6750-2.2")
@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json"])
def test_another_body_carries_none(
    relying_party: RelyingParty, tokens: Tokens, content_type: str | None
) -> None:
    answer = ask(relying_party, "POST", body=form(tokens.access_token), content_type=content_type)
    assert answer.status == 401


@pytest.mark.spec("RFC6750-2.2")
def test_the_body_of_a_get_carries_none(relying_party: RelyingParty, tokens: Tokens) -> None:
    answer = ask(relying_party, "GET", body=form(tokens.access_token), content_type=FORM)
    assert answer.status == 401


@pytest.mark.spec("RFC6750-2.3", "RFC9700-4.3.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("beside", [True, False], ids=["beside the header", "alone"])
def test_a_token_in_the_query_is_refused(
    relying_party: RelyingParty, tokens: Tokens, method: str, beside: bool
) -> None:
    header = f"Bearer {tokens.access_token}" if beside else None
    query = wire.encode({"access_token": tokens.access_token})
    answer = ask(relying_party, method, header=header, query=query)
    refusal(answer, "invalid_request", 400)
    assert tokens.access_token not in answer.text


@pytest.mark.parametrize("kind", [FORM, FORM.upper(), f" {FORM} ;charset=utf-8"])
def test_a_token_in_header_and_form_is_refused(
    relying_party: RelyingParty, tokens: Tokens, kind: str
) -> None:
    """However the media type is written (RFC 9110 §8.3.1)."""
    token = tokens.access_token
    answer = ask(
        relying_party, "POST", header=f"Bearer {token}", body=form(token), content_type=kind
    )
    refusal(answer, "invalid_request", 400)


def test_two_tokens_in_a_form_are_refused(relying_party: RelyingParty, tokens: Tokens) -> None:
    twice = form(tokens.access_token) + b"&" + form(tokens.access_token)
    answer = ask(relying_party, "POST", body=twice, content_type=FORM)
    refusal(answer, "invalid_request", 400)


def test_two_headers_are_refused(relying_party: RelyingParty, tokens: Tokens) -> None:
    headers = [("Authorization", f"Bearer {tokens.access_token}")] * 2
    answer = wire.get(relying_party.app, relying_party.endpoint("userinfo"), headers=headers)
    assert answer.status in (400, 401)


@pytest.mark.spec("RFC6750-2.1")
@pytest.mark.parametrize("scheme", ["Basic", "Token", "DPoP", "Bearer:", "BearerX", ""])
def test_another_scheme_carries_none(
    relying_party: RelyingParty, tokens: Tokens, scheme: str
) -> None:
    answer = ask(relying_party, "GET", header=f"{scheme} {tokens.access_token}")
    assert answer.status == 401


def test_a_cookie_opens_nothing(relying_party: RelyingParty, signed_in: Browser) -> None:
    signed_in.visit(relying_party.endpoint("userinfo"))
    assert signed_in.status == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_refused(
    relying_party: RelyingParty, tokens: Tokens, method: str
) -> None:
    answer = ask(relying_party, method, header=f"Bearer {tokens.access_token}")
    assert answer.status == 405
    assert {"GET", "POST"} <= set((answer.header("Allow") or "").split(", "))
