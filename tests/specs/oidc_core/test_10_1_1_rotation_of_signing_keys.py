"""OpenID Connect Core §10.1.1: signing keys change while everything goes on. A key is published
before it signs and stays until what it signed has expired; every process notices without a
restart."""

from collections.abc import Iterator

import flask
import pytest

from provider.app import create_app
from provider.context import Provider
from provider.settings import Settings
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, Tokens

pytestmark = pytest.mark.spec("OIDCC-10.1.1")

DAY = 86400


@pytest.fixture
def elsewhere(settings: Settings, clock: SettableClock, app: flask.Flask) -> Iterator[flask.Flask]:
    """Another process on the same database."""
    built = create_app(settings, clock=clock)
    yield built
    built.extensions["signet"].engine.dispose()


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in)


def rotate(provider: Provider, alg: str | None = None, *, immediately: bool = False) -> list[str]:
    with transaction(provider.engine) as tx:
        made = provider.keyring.rotate(tx, provider.clock.now(), alg, immediately=immediately)
    return [key.kid for key in made]


def kids(party: RelyingParty) -> set[str]:
    return {key["kid"] for key in party.jwks["keys"] if key["use"] == "sig"}


def kid_of(token: str) -> str:
    return str(jwt.header_of(token)["kid"])


def seen_by(app: flask.Flask, party: RelyingParty) -> set[str]:
    answer = wire.get(app, party.endpoint("jwks_uri"))
    return {key["kid"] for key in answer.json["keys"] if key["use"] == "sig"}


def test_a_new_key_is_published_before_it_signs(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    (new,) = rotate(provider, "RS256")
    assert new in kids(relying_party)
    assert kid_of(relying_party.refresh(tokens.refresh_token).id_token) == kid_of(tokens.id_token)
    clock.advance(DAY - 1)
    tokens = relying_party.refresh(tokens.refresh_token)
    assert kid_of(tokens.id_token) != new
    clock.advance(1)
    assert kid_of(relying_party.refresh(tokens.refresh_token).id_token) == new


def test_the_old_key_stays_while_its_tokens_live(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    rotate(provider, immediately=True)
    clock.advance(599)
    assert {kid_of(tokens.id_token), kid_of(tokens.access_token)} <= kids(relying_party)
    assert jwt.verified(tokens.access_token, relying_party.jwks)
    assert relying_party.is_accepted(tokens.access_token)


def test_the_old_key_goes_in_the_end(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    before = kids(relying_party)
    rotate(provider, immediately=True)
    clock.advance(2 * DAY)
    after = kids(relying_party)
    assert not before & after
    assert len(after) == len(before)


def test_every_token_verifies_against_the_keys_fetched_after_it(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    used = set()
    for _ in range(4):
        rotate(provider, "ES256", immediately=True)
        for _ in range(4):
            clock.advance(1)
            tokens = relying_party.refresh(tokens.refresh_token)
            assert jwt.verified(tokens.access_token, relying_party.jwks)
            used.add(kid_of(tokens.access_token))
    assert len(used) == 5


def test_the_etag_changes_with_the_keys(provider: Provider, relying_party: RelyingParty) -> None:
    def fetch(etag: str = "") -> wire.Answer:
        headers = {"If-None-Match": etag}
        return wire.get(relying_party.app, relying_party.endpoint("jwks_uri"), headers=headers)

    etag = fetch().header("ETag") or ""
    assert fetch(etag).status == 304
    rotate(provider, "ES256")
    changed = fetch(etag)
    assert changed.status == 200
    assert changed.header("ETag") != etag


@pytest.mark.both_databases
def test_another_process_publishes_the_new_key_within_a_second(
    provider: Provider,
    elsewhere: flask.Flask,
    relying_party: RelyingParty,
    clock: SettableClock,
) -> None:
    assert seen_by(elsewhere, relying_party) == kids(relying_party)
    (new,) = rotate(provider, "RS256")
    clock.advance(1)
    assert new in seen_by(elsewhere, relying_party)


@pytest.mark.both_databases
def test_both_processes_sign_with_the_same_key_from_the_same_second(
    provider: Provider,
    elsewhere: flask.Flask,
    relying_party: RelyingParty,
    signed_in: Browser,
    clock: SettableClock,
) -> None:
    tokens = relying_party.sign_in(signed_in)
    here = relying_party.app
    assert seen_by(elsewhere, relying_party)
    rotate(provider, "RS256", immediately=True)
    signers = []
    for _ in range(4):
        pair = set()
        for app in (here, elsewhere):
            relying_party.app = app
            tokens = relying_party.refresh(tokens.refresh_token)
            pair.add(kid_of(tokens.id_token))
        signers.append(pair)
        clock.advance(1)
    assert all(len(pair) == 1 for pair in signers)
    assert signers[0] != signers[-1]


def test_what_one_process_issued_another_accepts(
    elsewhere: flask.Flask, relying_party: RelyingParty, tokens: Tokens
) -> None:
    relying_party.app = elsewhere
    assert relying_party.is_accepted(tokens.access_token)
    assert relying_party.introspect(tokens.access_token)["active"] is True
    assert relying_party.refresh(tokens.refresh_token).access_token


def test_a_repeat_at_another_process_receives_the_same_successor(
    elsewhere: flask.Flask, relying_party: RelyingParty, tokens: Tokens
) -> None:
    first = relying_party.refresh(tokens.refresh_token)
    relying_party.app = elsewhere
    assert relying_party.refresh(tokens.refresh_token).refresh_token == first.refresh_token


def test_what_one_process_ended_is_ended_at_another(
    elsewhere: flask.Flask, relying_party: RelyingParty, tokens: Tokens
) -> None:
    relying_party.revoke(tokens.refresh_token)
    relying_party.app = elsewhere
    assert not relying_party.is_accepted(tokens.access_token)


def test_a_key_that_was_withdrawn_verifies_nothing_more(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    rotate(provider, "ES256", immediately=True)
    clock.advance(3)
    withdrawn = kid_of(tokens.access_token)
    with transaction(provider.engine) as tx:
        provider.keyring.retire(tx, clock.now(), withdrawn)
    clock.advance(1)
    assert withdrawn not in kids(relying_party)
    assert not relying_party.is_accepted(tokens.access_token)
    assert relying_party.is_accepted(relying_party.refresh(tokens.refresh_token).access_token)


@pytest.mark.settings(keys={"rotation_age": 10 * DAY, "publish_before": DAY})
def test_keys_change_by_age_without_anybody_asking(
    relying_party: RelyingParty, tokens: Tokens, clock: SettableClock
) -> None:
    before = kid_of(tokens.id_token)
    published = kids(relying_party)
    clock.advance(9 * DAY - 1)
    assert kids(relying_party) == published
    clock.advance(11)
    assert len(kids(relying_party)) == 2 * len(published)
    tokens = relying_party.refresh(tokens.refresh_token)
    assert kid_of(tokens.id_token) == before
    clock.advance(DAY)
    assert kid_of(relying_party.refresh(tokens.refresh_token).id_token) != before
