"""RFC 9700 §4.14.2 under concurrency: of any number of presentations of one refresh token exactly
one rotates, and everybody who may repeat receives the same successor. On both databases."""

from collections import Counter
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.store.schema import authorization
from provider.store.unit_of_work import transaction
from tests.support import watching
from tests.support.browser import Browser
from tests.support.factories import public
from tests.support.relying_party import RelyingParty, refusal
from tests.support.wire import Answer

pytestmark = [pytest.mark.spec("RFC9700-4.14.2"), pytest.mark.both_databases]

MakeParty = Callable[..., RelyingParty]
PRESENTATIONS = 50


def present_at_once(party: RelyingParty, refresh_token: str) -> list[Answer]:
    assert party.metadata, "known before the race"
    return watching.at_once(lambda: party.refresh_raw(refresh_token), PRESENTATIONS)


def generations(provider: Provider) -> list[int | None]:
    with transaction(provider.engine, read_only=True) as tx:
        return list(tx.execute(sa.select(authorization.c.generation)).scalars())


def test_of_50_parallel_presentations_all_receive_the_same_successor(
    provider: Provider, party: RelyingParty, signed_in: Browser
) -> None:
    tokens = party.sign_in(signed_in)
    answers = present_at_once(party, tokens.refresh_token)
    assert {answer.status for answer in answers} == {200}
    successors = {answer.json["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert successors != {tokens.refresh_token}
    assert generations(provider) == [1]
    assert len(watching.events(provider, "refresh_token_repeated")) == PRESENTATIONS - 1


def test_the_one_successor_of_a_race_works(party: RelyingParty, signed_in: Browser) -> None:
    tokens = party.sign_in(signed_in)
    answers = present_at_once(party, tokens.refresh_token)
    successor = party.refresh(answers[0].json["refresh_token"])
    assert party.is_accepted(successor.access_token)


def test_with_a_window_of_zero_one_presentation_wins_and_the_others_end_the_family(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser
) -> None:
    party = make_relying_party(**public(policy={"refresh_repeat_window": 0}))
    tokens = party.sign_in(signed_in)
    answers = present_at_once(party, tokens.refresh_token)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: PRESENTATIONS - 1}
    (won,) = [answer.json for answer in answers if answer.status == 200]
    for answer in answers:
        if answer.status == 400:
            assert refusal(answer, "invalid_grant")["error_uri"].endswith("/reuse_detected")
    assert len(watching.events(provider, "refresh_token_reuse_detected")) == 1
    refusal(party.refresh_raw(won["refresh_token"]), "invalid_grant")
    assert not party.is_accepted(won["access_token"])


def test_of_20_parallel_redemptions_of_a_code_one_wins_and_its_tokens_end(
    provider: Provider, party: RelyingParty, signed_in: Browser
) -> None:
    grant = party.authorize(signed_in)
    answers = watching.at_once(lambda: party.redeem_raw(grant), 20)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    (won,) = [answer.json for answer in answers if answer.status == 200]
    for answer in answers:
        if answer.status == 400:
            refusal(answer, "invalid_grant")
    refusal(party.refresh_raw(won["refresh_token"]), "invalid_grant")
    assert not party.is_accepted(won["access_token"])
    assert len(watching.events(provider, "authorization_code_replayed")) == 1


def test_a_revocation_racing_refreshes_leaves_nothing_alive(
    party: RelyingParty, signed_in: Browser
) -> None:
    tokens = party.sign_in(signed_in)
    turns = iter(range(10))

    def act() -> Answer:
        if next(turns) == 4:
            return party.post("revocation", {"token": tokens.refresh_token})
        return party.refresh_raw(tokens.refresh_token)

    answers = watching.at_once(act, 10)
    assert {answer.status for answer in answers} <= {200, 400}
    for answer in answers:
        if answer.body and answer.status == 200:
            refusal(party.refresh_raw(answer.json["refresh_token"]), "invalid_grant")
            assert not party.is_accepted(answer.json["access_token"])
    refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
