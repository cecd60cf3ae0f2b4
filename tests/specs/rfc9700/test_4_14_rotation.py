"""RFC 9700 §4.14.2: each refresh token is replaced when it is used. Storage does not grow by it,
nothing usable is at rest, and the key the tokens are derived with can be changed meanwhile."""

import re
from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.store.unit_of_work import transaction
from tests.support import watching
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9700-4.14.2")


def test_a_refresh_answers_with_another_refresh_token(party: RelyingParty, tokens: Tokens) -> None:
    successor = party.refresh(tokens.refresh_token)
    assert successor.refresh_token != tokens.refresh_token


def test_the_successor_works_in_turn(party: RelyingParty, tokens: Tokens) -> None:
    seen = [tokens.refresh_token]
    for _ in range(5):
        seen.append(party.refresh(seen[-1]).refresh_token)
    assert len(set(seen)) == 6


def test_a_refresh_answers_with_another_access_token_that_works(
    party: RelyingParty, tokens: Tokens
) -> None:
    successor = party.refresh(tokens.refresh_token)
    assert successor.access_token != tokens.access_token
    assert party.is_accepted(successor.access_token)


def test_the_access_token_before_stays_good_for_its_time(
    party: RelyingParty, tokens: Tokens
) -> None:
    party.refresh(tokens.refresh_token)
    assert party.is_accepted(tokens.access_token)


def test_a_client_whose_policy_says_so_keeps_its_refresh_token(
    make_relying_party: Callable[..., RelyingParty], signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(policy={"rotate_refresh_tokens": False})
    tokens = party.sign_in(signed_in)
    for _ in range(3):
        clock.advance(3600)
        assert party.refresh(tokens.refresh_token).refresh_token == tokens.refresh_token


def test_without_rotation_the_idle_time_still_moves_with_use(
    make_relying_party: Callable[..., RelyingParty], signed_in: Browser, clock: SettableClock
) -> None:
    policy = {"rotate_refresh_tokens": False, "refresh_idle_lifetime": 1000}
    party = make_relying_party(policy=policy)
    tokens = party.sign_in(signed_in)
    for _ in range(3):
        clock.advance(999)
        party.refresh(tokens.refresh_token)
    clock.advance(1000)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/expired_idle"


def test_a_client_without_the_grant_gets_no_refresh_token(
    make_relying_party: Callable[..., RelyingParty], signed_in: Browser
) -> None:
    party = make_relying_party(grant_types=("authorization_code",))
    assert "refresh_token" not in party.sign_in(signed_in).body


def test_storage_does_not_grow_by_rotating(
    provider: Provider, party: RelyingParty, tokens: Tokens
) -> None:
    current = party.refresh(tokens.refresh_token)
    before = watching.row_counts(provider)
    for _ in range(50):
        current = party.refresh(current.refresh_token)
    assert watching.row_counts(provider) == before


def test_nothing_usable_is_at_rest(
    provider: Provider, party: RelyingParty, signed_in: Browser
) -> None:
    grant = party.authorize(signed_in)
    first = party.redeem(grant)
    second = party.refresh(first.refresh_token)
    party.refresh(first.refresh_token)
    for raw in (first.refresh_token, second.refresh_token):
        refused = party.refresh_raw(raw[:-1] + ("A" if raw[-1] != "A" else "Q"))
        refusal(refused, "invalid_grant")
    kept = watching.at_rest(provider)
    kid = first.refresh_token.removeprefix("signet_rt_").partition(".")[0]
    assert kid.encode() in kept, "the search finds what is there"
    for value in (grant.code, first.refresh_token, second.refresh_token, first.access_token):
        assert value.encode() not in kept
        assert value.rpartition(".")[2].encode() not in kept
        assert value[-40:].encode() not in kept
    if party.secret is not None:
        assert party.secret.encode() not in kept
    session = signed_in.jar.get("signet_session")
    assert session is not None
    assert session.value.encode() not in kept


def test_a_refresh_token_can_be_known_by_its_prefix(tokens: Tokens) -> None:
    assert re.fullmatch(r"signet_rt_[\w-]+\.[\w-]{70,}", tokens.refresh_token)


def change_derivation_key(provider: Provider, clock: SettableClock) -> None:
    with transaction(provider.engine) as tx:
        (made,) = provider.keyring.rotate(tx, clock.now(), "HS256", immediately=True)
    clock.advance(5)
    assert provider.keyring.active_derivation_kid(clock.now()) == made.kid


def test_tokens_of_an_older_derivation_key_still_work(
    provider: Provider, clock: SettableClock, party: RelyingParty, tokens: Tokens
) -> None:
    change_derivation_key(provider, clock)
    after = party.refresh(tokens.refresh_token)
    assert party.refresh(after.refresh_token).access_token


def test_the_successor_is_derived_with_the_newer_key(
    provider: Provider, clock: SettableClock, party: RelyingParty, tokens: Tokens
) -> None:
    change_derivation_key(provider, clock)
    after = party.refresh(tokens.refresh_token)
    assert after.refresh_token.partition(".")[0] != tokens.refresh_token.partition(".")[0]


def test_a_repeat_is_answered_the_same_although_the_key_changed_in_between(
    provider: Provider, clock: SettableClock, party: RelyingParty, tokens: Tokens
) -> None:
    first = party.refresh(tokens.refresh_token)
    change_derivation_key(provider, clock)
    assert party.refresh(tokens.refresh_token).refresh_token == first.refresh_token


def test_reuse_is_noticed_although_the_key_changed_in_between(
    provider: Provider, clock: SettableClock, party: RelyingParty, tokens: Tokens
) -> None:
    second = party.refresh(tokens.refresh_token)
    change_derivation_key(provider, clock)
    party.refresh(second.refresh_token)
    body = refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/reuse_detected"
