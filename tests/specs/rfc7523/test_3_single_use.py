"""RFC 7523 §3: an assertion is used once, wherever, by whomever, and remembered while it lives."""

from collections.abc import Callable

import pytest

from tests.support import watching
from tests.support.assertions import accepted, present
from tests.support.clock import SettableClock
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, refusal

pytestmark = pytest.mark.spec("RFC7523-3", "OIDCC-9")

MakeParty = Callable[..., RelyingParty]


def test_an_assertion_works_once(party: RelyingParty) -> None:
    assertion = party.assertion()
    assert accepted(present(party, assertion))
    assert not accepted(present(party, assertion))


def test_a_replay_is_refused_for_as_long_as_the_assertion_lives(
    party: RelyingParty, clock: SettableClock
) -> None:
    assertion = party.assertion(exp=clock.now() + 300)
    assert accepted(present(party, assertion))
    for _ in range(36):
        clock.advance(10)
        assert not accepted(present(party, assertion))


def test_an_assertion_used_at_one_endpoint_is_used_up_at_all(party: RelyingParty) -> None:
    assertion = party.assertion()
    fields = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    answer = party.post_raw("introspection", {**fields, "token": "unknown"})
    assert answer.json == {"active": False}
    assert not accepted(present(party, assertion))


def test_an_assertion_is_used_up_by_a_request_that_is_refused_otherwise(
    party: RelyingParty,
) -> None:
    assertion = party.assertion()
    stolen = {"grant_type": "refresh_token", "refresh_token": "not one"}
    refusal(present(party, assertion, **stolen), "invalid_grant")
    assert not accepted(present(party, assertion))


@pytest.mark.both_databases
def test_of_ten_parallel_uses_one_succeeds(party: RelyingParty) -> None:
    assertion = party.assertion()
    assert party.metadata, "known before the race"
    answers = watching.at_once(lambda: present(party, assertion), 10)
    assert sorted(accepted(answer) for answer in answers) == [False] * 9 + [True]


def test_two_clients_may_use_the_same_jti(
    make_relying_party: MakeParty, party: RelyingParty
) -> None:
    other = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    assert accepted(present(party, party.assertion(jti="one")))
    assert accepted(present(other, other.assertion(jti="one")))


@pytest.mark.both_databases
def test_an_odd_jti_is_an_identifier_like_any_other(party: RelyingParty) -> None:
    assertion = party.assertion(jti="\0'\u202e" * 50)
    assert accepted(present(party, assertion))
    assert not accepted(present(party, assertion))
