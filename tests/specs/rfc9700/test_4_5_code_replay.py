"""RFC 9700 §4.5, RFC 6749 §4.1.2: a code presented again ends all that was issued for it, however
late, if it comes from who could have redeemed it; anybody else ends nothing."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import jwt, watching
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import public
from tests.support.relying_party import Grant, RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9700-4.5", "RFC6749-4.1.2")

MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def grant(party: RelyingParty, signed_in: Browser) -> Grant:
    return party.authorize(signed_in)


@pytest.fixture
def redeemed(party: RelyingParty, grant: Grant) -> Tokens:
    return party.redeem(grant)


@pytest.mark.parametrize("later", [0, 30, 59, 60, 3600, 86400], ids=lambda one: f"{one} s later")
def test_a_replay_ends_the_refresh_token_whenever_it_comes(
    party: RelyingParty, grant: Grant, redeemed: Tokens, clock: SettableClock, later: int
) -> None:
    clock.advance(later)
    body = refusal(party.redeem_raw(grant), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/code_replayed"
    body = refusal(party.refresh_raw(redeemed.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/code_replayed"


def test_a_replay_half_a_minute_later_ends_the_access_token(
    party: RelyingParty, grant: Grant, redeemed: Tokens, clock: SettableClock
) -> None:
    clock.advance(30)
    assert party.is_accepted(redeemed.access_token)
    refusal(party.redeem_raw(grant), "invalid_grant")
    assert not party.is_accepted(redeemed.access_token)


def test_a_replay_ends_what_was_refreshed_meanwhile(
    party: RelyingParty, grant: Grant, redeemed: Tokens, clock: SettableClock
) -> None:
    clock.advance(20)
    second = party.refresh(redeemed.refresh_token)
    clock.advance(10)
    refusal(party.redeem_raw(grant), "invalid_grant")
    refusal(party.refresh_raw(second.refresh_token), "invalid_grant")
    assert not party.is_accepted(second.access_token)


def test_a_replay_ends_the_access_token_of_a_client_without_refresh_tokens(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(grant_types=("authorization_code",))
    grant = party.authorize(signed_in)
    tokens = party.redeem(grant)
    clock.advance(120)
    refusal(party.redeem_raw(grant), "invalid_grant")
    assert not party.is_accepted(tokens.access_token)


def test_a_replay_is_recorded_once_without_the_code(
    provider: Provider, party: RelyingParty, grant: Grant, redeemed: Tokens, account: Account
) -> None:
    for _ in range(2):
        refusal(party.redeem_raw(grant), "invalid_grant")
    (seen,) = watching.events(provider, "authorization_code_replayed")
    assert (seen.account_id, seen.client_id) == (account.id, party.client_id)
    assert seen.address == "203.0.113.7"
    assert "signet_code_" not in repr(seen)


def test_a_replay_leaves_another_sign_in_of_the_same_person_alone(
    party: RelyingParty, grant: Grant, redeemed: Tokens, signed_in: Browser
) -> None:
    other = party.sign_in(signed_in)
    refusal(party.redeem_raw(grant), "invalid_grant")
    assert party.refresh(other.refresh_token).access_token


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"code_verifier": "short"},
        {"redirect_uri": "https://rp.example/other"},
        {"redirect_uri": None, "code_verifier": None},
    ],
    ids=["another verifier", "no verifier", "no proper verifier", "another URI", "neither"],
)
def test_a_replay_without_what_the_code_is_bound_to_ends_nothing(
    party: RelyingParty,
    grant: Grant,
    redeemed: Tokens,
    wrong: dict[str, str | list[str] | None],
) -> None:
    assert party.redeem_raw(grant, **wrong).status == 400
    assert party.is_accepted(redeemed.access_token)
    assert party.refresh(redeemed.refresh_token).access_token


def test_a_replay_by_another_client_ends_nothing(
    make_relying_party: MakeParty, party: RelyingParty, grant: Grant, redeemed: Tokens
) -> None:
    for other in (make_relying_party(), make_relying_party(**public())):
        body = refusal(other.redeem_raw(grant), "invalid_grant")
        assert "error_uri" not in body
    assert party.refresh(redeemed.refresh_token).access_token


def test_a_replay_without_client_authentication_ends_nothing(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    grant = relying_party.authorize(signed_in)
    tokens = relying_party.redeem(grant)
    fields = {
        "grant_type": "authorization_code",
        "client_id": relying_party.client_id,
        "code": grant.code,
        "redirect_uri": grant.attempt.redirect_uri,
        "code_verifier": grant.attempt.verifier,
    }
    refusal(relying_party.post_raw("token", fields), "invalid_client")
    assert relying_party.refresh(tokens.refresh_token).access_token


def test_a_failed_attempt_does_not_burn_the_code(party: RelyingParty, grant: Grant) -> None:
    refusal(party.redeem_raw(grant, code_verifier="w" * 43), "invalid_grant")
    assert party.redeem(grant).access_token


def test_an_expired_code_that_nobody_redeemed_is_just_refused(
    provider: Provider, party: RelyingParty, grant: Grant, clock: SettableClock
) -> None:
    clock.advance(60)
    refusal(party.redeem_raw(grant), "invalid_grant")
    assert watching.events(provider, "authorization_code_replayed") == []


def test_a_code_works_until_it_is_60_seconds_old(
    party: RelyingParty, grant: Grant, clock: SettableClock
) -> None:
    clock.advance(59)
    assert party.redeem(grant).access_token


@pytest.mark.parametrize("kind", ["access_token", "id_token", "refresh_token"])
def test_a_token_is_no_code(
    party: RelyingParty, grant: Grant, redeemed: Tokens, kind: str
) -> None:
    refusal(party.redeem_raw(grant, code=redeemed.body[kind]), "invalid_grant")
    assert party.refresh(redeemed.refresh_token).access_token


def test_a_code_says_nothing_and_is_never_the_same(
    party: RelyingParty, signed_in: Browser
) -> None:
    codes = {party.authorize(signed_in).code for _ in range(20)}
    assert len(codes) == 20
    for code in codes:
        assert len(jwt.decode(code.removeprefix("signet_code_"))) == 32
