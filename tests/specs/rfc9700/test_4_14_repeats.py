"""RFC 9700 §4.14.2 without signing honest people out: the token just rotated may be sent again. A
client that authenticates may do so until the successor is used, a public client for a window; the
answer is the same successor each time."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from provider.context import Provider
from tests.support import watching
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import public
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9700-4.14.2")

MakeParty = Callable[..., RelyingParty]
DAY = 86400


def test_a_repeat_is_answered_with_the_identical_successor(
    party: RelyingParty, tokens: Tokens
) -> None:
    first = party.refresh(tokens.refresh_token)
    again = [party.refresh(tokens.refresh_token).refresh_token for _ in range(3)]
    assert again == [first.refresh_token] * 3


def test_the_access_tokens_of_a_repeat_work(party: RelyingParty, tokens: Tokens) -> None:
    party.refresh(tokens.refresh_token)
    assert party.is_accepted(party.refresh(tokens.refresh_token).access_token)


def test_the_successor_still_works_after_a_repeat(party: RelyingParty, tokens: Tokens) -> None:
    first = party.refresh(tokens.refresh_token)
    party.refresh(tokens.refresh_token)
    assert party.refresh(first.refresh_token).refresh_token != first.refresh_token


def test_each_repeat_is_recorded_without_the_token(
    provider: Provider, party: RelyingParty, tokens: Tokens
) -> None:
    party.refresh(tokens.refresh_token)
    assert watching.events(provider, "refresh_token_repeated") == []
    for _ in range(2):
        party.refresh(tokens.refresh_token)
    recorded = watching.events(provider, "refresh_token_repeated")
    assert len(recorded) == 2
    assert {one.client_id for one in recorded} == {party.client_id}
    assert {one.address for one in recorded} == {"203.0.113.7"}
    assert all("signet_rt_" not in repr(one) for one in recorded)


def test_a_client_that_authenticates_may_repeat_much_later(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = relying_party.sign_in(signed_in)
    first = relying_party.refresh(tokens.refresh_token)
    clock.advance(10 * DAY)
    again = relying_party.refresh(tokens.refresh_token)
    assert again.refresh_token == first.refresh_token


@pytest.mark.parametrize("method", ["client_secret_post", "private_key_jwt"])
def test_every_way_of_authenticating_counts(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock, method: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    tokens = party.sign_in(signed_in)
    first = party.refresh(tokens.refresh_token)
    clock.advance(DAY)
    assert party.refresh(tokens.refresh_token).refresh_token == first.refresh_token


def test_a_public_client_may_repeat_until_the_window_closes(
    public_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = public_party.sign_in(signed_in)
    first = public_party.refresh(tokens.refresh_token)
    clock.advance(29)
    again = public_party.refresh(tokens.refresh_token)
    assert again.refresh_token == first.refresh_token


def test_a_public_client_that_repeats_after_30_seconds_reuses(
    public_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = public_party.sign_in(signed_in)
    successor = public_party.refresh(tokens.refresh_token)
    clock.advance(30)
    body = refusal(public_party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{public_party.issuer}/errors/reuse_detected"
    refusal(public_party.refresh_raw(successor.refresh_token), "invalid_grant")


def test_a_repeat_does_not_open_the_window_anew(
    public_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = public_party.sign_in(signed_in)
    public_party.refresh(tokens.refresh_token)
    clock.advance(20)
    public_party.refresh(tokens.refresh_token)
    clock.advance(20)
    refusal(public_party.refresh_raw(tokens.refresh_token), "invalid_grant")


def test_a_window_of_zero_leaves_a_public_client_no_repeat(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public(policy={"refresh_repeat_window": 0}))
    tokens = party.sign_in(signed_in)
    party.refresh(tokens.refresh_token)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/reuse_detected"


def test_a_window_of_zero_changes_nothing_for_a_client_that_authenticates(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"refresh_repeat_window": 0})
    tokens = party.sign_in(signed_in)
    first = party.refresh(tokens.refresh_token)
    assert party.refresh(tokens.refresh_token).refresh_token == first.refresh_token


def test_a_client_can_have_a_window_of_its_own(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(**public(policy={"refresh_repeat_window": 90}))
    tokens = party.sign_in(signed_in)
    first = party.refresh(tokens.refresh_token)
    clock.advance(89)
    assert party.refresh(tokens.refresh_token).refresh_token == first.refresh_token
    clock.advance(1)
    refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")


@pytest.mark.settings(lifetimes={"refresh_repeat_window": 5})
def test_the_window_can_be_set_for_all_public_clients(
    public_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = public_party.sign_in(signed_in)
    public_party.refresh(tokens.refresh_token)
    clock.advance(5)
    refusal(public_party.refresh_raw(tokens.refresh_token), "invalid_grant")


def test_no_repeat_once_the_successor_was_used(party: RelyingParty, tokens: Tokens) -> None:
    successor = party.refresh(tokens.refresh_token)
    party.refresh(successor.refresh_token)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/reuse_detected"


def test_no_repeat_past_the_idle_expiry(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(policy={"refresh_idle_lifetime": 100})
    tokens = party.sign_in(signed_in)
    party.refresh(tokens.refresh_token)
    clock.advance(100)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/expired_idle"


def test_a_repeat_does_not_prolong_the_family(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(policy={"refresh_idle_lifetime": 100})
    tokens = party.sign_in(signed_in)
    successor = party.refresh(tokens.refresh_token)
    clock.advance(60)
    party.refresh(tokens.refresh_token)
    clock.advance(40)
    body = refusal(party.refresh_raw(successor.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/expired_idle"


def test_a_repeat_by_another_client_is_no_repeat_and_ends_nothing(
    make_relying_party: MakeParty, party: RelyingParty, tokens: Tokens
) -> None:
    successor = party.refresh(tokens.refresh_token)
    body = refusal(make_relying_party().refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/unknown_token"
    assert party.refresh(successor.refresh_token).access_token


@pytest.mark.both_databases
def test_what_fails_after_a_rotation_costs_nobody_the_family(
    provider: Provider, party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    """The database goes away after the token was rotated and before the answer is written."""

    def go_away(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT account."):
            raise sa.exc.OperationalError(statement, {}, Exception("the database is away"))

    wish = json.dumps({"id_token": {"email": None}})
    tokens = party.sign_in(signed_in, claims=wish)
    sa.event.listen(provider.engine, "before_cursor_execute", go_away)
    answer = party.refresh_raw(tokens.refresh_token)
    sa.event.remove(provider.engine, "before_cursor_execute", go_away)
    assert answer.status == 503
    assert answer.json["error"] == "temporarily_unavailable"
    assert answer.headers("Retry-After")
    clock.advance(DAY)
    successor = party.refresh(tokens.refresh_token)
    assert party.refresh(successor.refresh_token).claims["email"]
