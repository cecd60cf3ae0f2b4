"""RFC 6750 §3: who is refused is told how to do better, in WWW-Authenticate, and nothing else."""

from collections.abc import Callable

import pytest

from tests.support import wire
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, Tokens, refusal
from tests.support.wire import Answer

pytestmark = pytest.mark.spec("RFC6750-3")


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


def challenge(answer: Answer) -> str:
    return answer.header("WWW-Authenticate") or ""


def test_without_a_token_the_challenge_has_no_error(relying_party: RelyingParty) -> None:
    answer = wire.get(relying_party.app, relying_party.endpoint("userinfo"))
    assert answer.status == 401
    assert challenge(answer) == f'Bearer realm="{relying_party.issuer}"'
    assert "error" not in answer.json
    assert answer.is_no_store


@pytest.mark.spec("RFC6750-3.1")
def test_a_wrong_token_is_named_invalid(relying_party: RelyingParty) -> None:
    answer = relying_party.userinfo_raw("wrong")
    body = refusal(answer, "invalid_token", 401)
    assert challenge(answer) == (
        f'Bearer realm="{relying_party.issuer}", error="invalid_token", '
        f'error_description="{body["error_description"]}"'
    )


@pytest.mark.spec("RFC6750-3.1")
def test_a_malformed_request_is_named_so(relying_party: RelyingParty) -> None:
    url = f"{relying_party.endpoint('userinfo')}?access_token=x"
    answer = wire.get(relying_party.app, url)
    refusal(answer, "invalid_request", 400)
    assert 'error="invalid_request"' in challenge(answer)


@pytest.mark.spec("RFC6750-3.1")
def test_a_token_without_openid_has_too_little_scope(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="notes:read")
    answer = relying_party.userinfo_raw(tokens.access_token)
    body = refusal(answer, "insufficient_scope", 403)
    assert set(body) == {"error", "error_description"}
    assert 'error="insufficient_scope"' in challenge(answer)
    assert challenge(answer).endswith('scope="openid"')


@pytest.mark.spec("RFC6750-3.1")
def test_a_token_of_a_client_itself_has_too_little_scope(relying_party: RelyingParty) -> None:
    access_token = relying_party.client_credentials().access_token
    refusal(relying_party.userinfo_raw(access_token), "insufficient_scope", 403)


@pytest.mark.spec("RFC6750-5.3")
@pytest.mark.parametrize("token", ["wrong", "<svg onload=alert(1)>", "a" * 4000], ids=len)
def test_no_refusal_repeats_the_token(relying_party: RelyingParty, token: str) -> None:
    answer = relying_party.userinfo_raw(token)
    assert answer.status == 401
    assert answer.content_type == "application/json"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.is_no_store
    assert token not in answer.text
    assert token not in challenge(answer)


def test_every_reason_for_an_invalid_token_reads_the_same(
    make_relying_party: Callable[..., RelyingParty], relying_party: RelyingParty, tokens: Tokens
) -> None:
    relying_party.revoke(tokens.access_token)
    seen = {
        (answer.status, answer.body, challenge(answer))
        for token in (tokens.access_token, tokens.id_token, "wrong", "a.b.c")
        for answer in (relying_party.userinfo_raw(token),)
    }
    assert len(seen) == 1


@pytest.mark.spec("RFC6750-3.1")
def test_the_wrong_scheme_is_challenged_without_an_error(relying_party: RelyingParty) -> None:
    headers = {"Authorization": "Basic eDp5"}
    answer = wire.get(relying_party.app, relying_party.endpoint("userinfo"), headers=headers)
    assert answer.status == 401
    assert "error=" not in challenge(answer)
