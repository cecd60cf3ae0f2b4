from collections.abc import Callable
from dataclasses import replace

import pytest

from provider.model.authorization import Authorization, Family
from provider.store import authorizations, refresh_tokens
from provider.store.unit_of_work import Transaction
from tests.store.arrange import (
    DAY,
    HOUR,
    NOW,
    add_authorization,
    add_client,
    add_people,
    as_read,
    begin_family,
)

Advance = Callable[..., Authorization | None]


def rotate(
    tx: Transaction,
    authorization_id: str = "authorization",
    client_id: str = "app",
    generation: int = 0,
    now: int = NOW + HOUR,
    idle_lifetime: int = DAY,
) -> Authorization | None:
    """Rotate the family at a generation."""
    return refresh_tokens.rotate(
        tx,
        authorization_id,
        as_read(client_id),
        generation=generation,
        derivation_kid="kid-2",
        now=now,
        idle_lifetime=idle_lifetime,
    )


def use(
    tx: Transaction,
    authorization_id: str = "authorization",
    client_id: str = "app",
    generation: int = 0,
    now: int = NOW + HOUR,
    idle_lifetime: int = DAY,
) -> Authorization | None:
    """Use the family at a generation."""
    return refresh_tokens.use(
        tx,
        authorization_id,
        as_read(client_id),
        generation=generation,
        now=now,
        idle_lifetime=idle_lifetime,
    )


EITHER = pytest.mark.parametrize("advance", [rotate, use])


@pytest.fixture(autouse=True)
def people(tx: Transaction) -> None:
    add_people(tx)


def test_rotating_moves_a_family_one_generation_on(tx: Transaction) -> None:
    begun = begin_family(tx)
    rotated = rotate(tx)
    assert rotated is not None
    assert rotated == replace(
        begun,
        family=Family(
            derivation_kid="kid-2",
            generation=1,
            rotated_at=NOW + HOUR,
            idle_expires_at=NOW + HOUR + DAY,
            absolute_expires_at=NOW + 30 * DAY,
        ),
    )
    assert authorizations.find(tx, "authorization") == rotated


def test_using_moves_the_idle_expiry_and_no_generation(tx: Transaction) -> None:
    begun = begin_family(tx)
    used = use(tx)
    assert begun.family is not None
    assert used == replace(
        begun,
        family=replace(begun.family, rotated_at=NOW + HOUR, idle_expires_at=NOW + HOUR + DAY),
    )
    assert use(tx) is not None


def test_a_generation_is_rotated_once(tx: Transaction) -> None:
    begin_family(tx)
    assert rotate(tx) is not None
    assert rotate(tx) is None
    assert rotate(tx, generation=1) is not None


@EITHER
@pytest.mark.parametrize("generation", [-1, 0, 2, 3])
def test_only_the_newest_generation_counts(
    tx: Transaction, advance: Advance, generation: int
) -> None:
    begin_family(tx)
    before = rotate(tx)
    assert advance(tx, generation=generation) is None
    assert authorizations.find(tx, "authorization") == before


@EITHER
def test_another_clients_family_is_left_as_it_was(tx: Transaction, advance: Advance) -> None:
    add_client(tx, "mallory")
    begun = begin_family(tx)
    assert advance(tx, client_id="mallory") is None
    assert authorizations.find(tx, "authorization") == begun


@EITHER
def test_an_unknown_family_advances_nothing(tx: Transaction, advance: Advance) -> None:
    begun = begin_family(tx)
    assert advance(tx, authorization_id="unknown") is None
    assert authorizations.find(tx, "authorization") == begun


@EITHER
def test_an_ended_family_never_advances(tx: Transaction, advance: Advance) -> None:
    begin_family(tx)
    authorizations.end(tx, "authorization", now=NOW, reason="reuse_detected")
    assert advance(tx) is None
    found = authorizations.find(tx, "authorization")
    assert found is not None
    assert found.ended_reason == "reuse_detected"


@EITHER
def test_a_family_lies_idle_until_the_second_it_expires(tx: Transaction, advance: Advance) -> None:
    begin_family(tx)
    assert advance(tx, now=NOW + DAY) is None
    assert advance(tx, now=NOW + DAY - 1) is not None


@EITHER
def test_a_family_ends_at_its_absolute_expiry(tx: Transaction, advance: Advance) -> None:
    begin_family(tx, refresh_until=NOW + 2 * HOUR)
    assert advance(tx, now=NOW + 2 * HOUR) is None
    assert advance(tx, now=NOW + 2 * HOUR - 1) is not None


@EITHER
def test_the_idle_expiry_never_passes_the_absolute_one(tx: Transaction, advance: Advance) -> None:
    begin_family(tx, refresh_until=NOW + 2 * HOUR)
    advanced = advance(tx, now=NOW + HOUR, idle_lifetime=DAY)
    assert advanced is not None
    assert advanced.family is not None
    assert advanced.family.idle_expires_at == NOW + 2 * HOUR
    assert advanced.family.absolute_expires_at == NOW + 2 * HOUR


@EITHER
def test_a_shorter_idle_lifetime_counts_from_the_next_use(
    tx: Transaction, advance: Advance
) -> None:
    begin_family(tx)
    advanced = advance(tx, now=NOW + HOUR, idle_lifetime=60)
    assert advanced is not None
    assert advanced.family is not None
    assert advanced.family.idle_expires_at == NOW + HOUR + 60


@EITHER
def test_an_authorization_without_a_family_never_advances(
    tx: Transaction, advance: Advance
) -> None:
    begin_family(tx, refresh_until=None)
    assert advance(tx) is None


@EITHER
def test_a_family_does_not_advance_before_its_code_is_redeemed(
    tx: Transaction, advance: Advance
) -> None:
    add_authorization(tx)
    assert advance(tx) is None


def test_rotating_one_family_leaves_the_others_alone(tx: Transaction) -> None:
    begin_family(tx)
    other = begin_family(tx, "other")
    assert rotate(tx) is not None
    assert authorizations.find(tx, "other") == other


def test_a_hundred_rotations_take_no_more_rows(tx: Transaction) -> None:
    begin_family(tx)
    for generation in range(100):
        assert rotate(tx, generation=generation) is not None
    found = authorizations.list_live(tx, "alice", NOW + HOUR)
    assert [one.family.generation for one in found if one.family] == [100]
