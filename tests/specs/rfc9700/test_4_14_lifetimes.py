"""RFC 9700 §4.14.2: refresh tokens expire when they lie unused, and a family ends after a fixed
time however often it is used. Both can be set per client."""

from collections.abc import Callable

import pytest

from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import public
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9700-4.14.2")

MakeParty = Callable[..., RelyingParty]
DAY = 86400
BOUND = "openid profile"
"""Without `offline_access`: refresh tokens last as long as the session."""


def why(party: RelyingParty, refresh_token: str) -> str:
    body = refusal(party.refresh_raw(refresh_token), "invalid_grant")
    return str(body["error_uri"]).removeprefix(f"{party.issuer}/errors/")


def used_daily(
    party: RelyingParty, clock: SettableClock, tokens: Tokens, days: int, every: int = 1
) -> Tokens:
    for _ in range(days // every):
        clock.advance(every * DAY)
        tokens = party.refresh(tokens.refresh_token)
    return tokens


def test_a_token_works_until_it_was_unused_for_14_days(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(14 * DAY - 1)
    assert party.refresh(tokens.refresh_token).access_token


def test_a_token_unused_for_14_days_has_expired(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(14 * DAY)
    assert why(party, tokens.refresh_token) == "expired_idle"


def test_use_moves_the_idle_expiry(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    clock.advance(10 * DAY)
    tokens = party.refresh(tokens.refresh_token)
    clock.advance(10 * DAY)
    assert party.refresh(tokens.refresh_token).access_token


def test_a_family_in_use_ends_after_90_days(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    tokens = used_daily(party, clock, tokens, 80, every=10)
    clock.advance(10 * DAY - 1)
    tokens = party.refresh(tokens.refresh_token)
    clock.advance(1)
    assert why(party, tokens.refresh_token) == "expired_absolute"


def test_a_repeat_past_the_absolute_expiry_is_refused(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(policy={"refresh_absolute_lifetime": 100})
    tokens = party.sign_in(signed_in)
    clock.advance(99)
    party.refresh(tokens.refresh_token)
    clock.advance(1)
    assert why(party, tokens.refresh_token) == "expired_absolute"


def test_a_client_can_have_an_idle_lifetime_of_its_own(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(**public(policy={"refresh_idle_lifetime": 600}))
    tokens = party.sign_in(signed_in)
    clock.advance(599)
    tokens = party.refresh(tokens.refresh_token)
    clock.advance(600)
    assert why(party, tokens.refresh_token) == "expired_idle"


def test_a_client_can_have_an_absolute_lifetime_of_its_own(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(**public(policy={"refresh_absolute_lifetime": 600}))
    tokens = party.sign_in(signed_in)
    for _ in range(5):
        clock.advance(100)
        tokens = party.refresh(tokens.refresh_token)
    clock.advance(100)
    assert why(party, tokens.refresh_token) == "expired_absolute"


@pytest.mark.settings(lifetimes={"refresh_idle": 300, "refresh_absolute": 900})
def test_both_can_be_set_for_all_clients(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    for _ in range(3):
        clock.advance(299)
        tokens = party.refresh(tokens.refresh_token)
    clock.advance(3)
    assert why(party, tokens.refresh_token) == "expired_absolute"


def test_an_expired_token_ends_nothing_else_by_being_sent(
    party: RelyingParty, tokens: Tokens, signed_in: Browser, clock: SettableClock
) -> None:
    clock.advance(10 * DAY)
    other = party.sign_in(signed_in)
    clock.advance(4 * DAY)
    assert why(party, tokens.refresh_token) == "expired_idle"
    assert party.refresh(other.refresh_token).access_token


def test_an_expired_family_says_why_for_a_week_more(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(policy={"refresh_absolute_lifetime": DAY})
    tokens = party.sign_in(signed_in)
    clock.advance(8 * DAY - 1)
    assert why(party, tokens.refresh_token) == "expired_absolute"
    clock.advance(60)
    assert why(party, tokens.refresh_token) == "unknown_token"


@pytest.mark.spec("OIDCC-11")
@pytest.mark.settings(lifetimes={"session_idle": 30 * DAY})
def test_without_offline_access_the_tokens_end_no_later_than_the_session(
    party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = party.sign_in(signed_in, scope=BOUND)
    tokens = used_daily(party, clock, tokens, 20, every=10)
    clock.advance(10 * DAY - 1)
    tokens = party.refresh(tokens.refresh_token)
    clock.advance(1)
    assert why(party, tokens.refresh_token) == "session_ended"


@pytest.mark.spec("OIDCC-11")
def test_with_offline_access_the_tokens_outlast_the_session(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    assert used_daily(party, clock, tokens, 40, every=10).access_token


def test_a_clock_set_back_signs_nobody_out(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    tokens = party.refresh(tokens.refresh_token)
    clock.advance(-600)
    assert party.refresh(tokens.refresh_token).access_token


def test_a_family_that_ended_stays_ended_when_the_clock_is_set_back(
    party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    party.revoke(tokens.refresh_token)
    clock.advance(-600)
    assert why(party, tokens.refresh_token) == "revoked_by_client"
