"""RFC 9101 §6.3: under the profile `oauth21`, and for a client that signs all its requests, only
what is inside counts."""

from collections.abc import Callable

import pytest

from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.request_objects import by_value, finish, refusal_of, signer

MakeParty = Callable[..., RelyingParty]
pytestmark = pytest.mark.spec("RFC9101-6.3")


@pytest.fixture(
    params=[
        pytest.param("oauth21", marks=pytest.mark.settings(profile="oauth21")),
        pytest.param("openid", marks=pytest.mark.settings(profile="openid")),
    ]
)
def party(request: pytest.FixtureRequest, make_relying_party: MakeParty) -> RelyingParty:
    return signer(make_relying_party, require_signed_request_object=request.param == "openid")


def test_state_and_nonce_inside_win(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, outside={"state": "outside", "nonce": "outside"})
    grant = finish(signed_in, party, attempt)
    assert party.redeem(grant).claims["nonce"] == attempt.nonce != "outside"


def test_state_only_outside_is_not_used(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, state=None, outside={"state": "outside"})
    assert finish(signed_in, party, attempt).code
    assert signed_in.left is not None
    assert "outside" not in signed_in.left.url


@pytest.mark.parametrize("name", ["redirect_uri", "response_type"])
def test_what_is_missing_inside_is_missing(
    party: RelyingParty, signed_in: Browser, name: str
) -> None:
    outside = {name: str(party.start().parameters[name])}
    attempt = by_value(party, about={name: None}, outside=outside)
    assert refusal_of(signed_in, party, attempt) == "invalid_request"


def test_a_scope_outside_is_not_used(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, about={"scope": None}, outside={"scope": "openid"})
    answer = party.redeem_raw(finish(signed_in, party, attempt))
    assert set(answer.json["scope"].split()) > {"openid"}


def test_a_challenge_outside_is_no_challenge(party: RelyingParty, signed_in: Browser) -> None:
    outside = {
        name: str(party.start().parameters[name])
        for name in ("code_challenge", "code_challenge_method")
    }
    public = by_value(party, about=dict.fromkeys(outside), outside=outside, prompt="nonsense")
    assert refusal_of(signed_in, party, public) == "invalid_request"
