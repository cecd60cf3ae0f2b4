"""RFC 6749 §5: what the token endpoint answers."""

import re

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, refusal


@pytest.mark.spec("RFC6749-5.1")
def test_a_token_response_has_these_members_and_no_others(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    body = relying_party.sign_in(signed_in).body
    assert {*body} == {
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
    }


@pytest.mark.spec("RFC6749-5.1")
def test_expires_in_is_when_the_access_token_stops_working(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = relying_party.sign_in(signed_in)
    assert tokens.body["expires_in"] == 600
    clock.advance(599)
    assert relying_party.is_accepted(tokens.access_token)
    clock.advance(61 + 60)
    assert not relying_party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC6749-5.1")
def test_tokens_are_different_each_time(relying_party: RelyingParty, signed_in: Browser) -> None:
    issued = [relying_party.sign_in(signed_in) for _ in range(3)]
    assert len({tokens.access_token for tokens in issued}) == 3
    assert len({tokens.refresh_token for tokens in issued}) == 3


@pytest.mark.spec("RFC6749-10.3")
@pytest.mark.parametrize("scope", ["openid", "openid profile email address phone"])
def test_an_access_token_says_nothing_about_the_person(
    relying_party: RelyingParty, signed_in: Browser, scope: str
) -> None:
    claims = jwt.claims_of(relying_party.sign_in(signed_in, scope=scope).access_token)
    about = {"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"}
    assert {*claims} <= about | {"auth_time", "acr", "amr", "status"}


@pytest.mark.spec("RFC6749-5.2")
@pytest.mark.parametrize(
    "fields",
    [
        {"grant_type": '"><svg onload=x>'},
        {"grant_type": "authorization_code", "code": '"><svg onload=x>', "redirect_uri": "x"},
        {"grant_type": "refresh_token", "refresh_token": '"><svg onload=x>'},
        {"grant_type": "client_credentials", "scope": '"><svg onload=x>'},
        {"grant_type": "client_credentials", "resource": '"><svg onload=x>'},
        {"grant_type": "authorization_code", "code_verifier": '"\\\r\n', "code": "x"},
    ],
)
def test_no_refusal_repeats_what_was_sent(
    relying_party: RelyingParty, fields: dict[str, str]
) -> None:
    answer = relying_party.post("token", fields)
    refusal(answer, answer.json["error"])
    assert b"svg" not in answer.body
    assert answer.header("X-Content-Type-Options") == "nosniff"


@pytest.mark.spec("RFC6749-5.2")
def test_a_refusal_has_a_reference_that_is_not_a_secret(relying_party: RelyingParty) -> None:
    one = relying_party.post("token", {"grant_type": "nope"}).header("Signet-Reference")
    two = relying_party.post("token", {"grant_type": "nope"}).header("Signet-Reference")
    assert one != two
    assert re.fullmatch(r"[A-Z2-7]{8}", str(one))


@pytest.mark.spec("RFC6749-5.2")
@pytest.mark.parametrize("error", ["code_replayed", "reuse_detected"])
def test_error_uri_leads_to_a_page_that_explains(
    relying_party: RelyingParty, signed_in: Browser, user_agent: Browser, error: str
) -> None:
    grant = relying_party.authorize(signed_in)
    first = relying_party.redeem(grant)
    if error == "code_replayed":
        answer = relying_party.redeem_raw(grant)
    else:
        second = relying_party.refresh(first.refresh_token)
        relying_party.refresh(second.refresh_token)
        answer = relying_party.refresh_raw(first.refresh_token)
    uri = refusal(answer, "invalid_grant")["error_uri"]
    assert uri == f"https://op.example/errors/{error}"
    page = user_agent.visit(uri).page
    assert user_agent.status == 200
    assert error in page.text
