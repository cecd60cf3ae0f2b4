from dataclasses import replace

import pytest

from provider.model.authorization import Family
from provider.store import authorization_codes, authorizations
from provider.store.unit_of_work import Transaction
from tests.store.arrange import (
    CODE,
    DAY,
    HOUR,
    KEEP,
    MINUTE,
    NOW,
    add_authorization,
    add_client,
    add_people,
    digest,
    redeem,
)


@pytest.fixture(autouse=True)
def people(tx: Transaction) -> None:
    add_people(tx)


@pytest.mark.spec("RFC6749-4.1.2")
def test_a_code_is_redeemed_once(tx: Transaction) -> None:
    given = add_authorization(tx)
    redeemed = redeem(tx, now=NOW + 5)
    assert given.code is not None
    assert redeemed is not None
    assert redeemed.code == replace(given.code, redeemed_at=NOW + 5)
    assert redeem(tx, now=NOW + 6) is None
    assert authorization_codes.find(tx, CODE) == redeemed


def test_redeeming_changes_nothing_that_was_granted(tx: Transaction) -> None:
    given = add_authorization(tx, confirmation={"jkt": "thumbprint"})
    redeemed = redeem(tx)
    assert redeemed is not None
    assert given == replace(redeemed, code=given.code, family=None, expires_at=given.expires_at)


@pytest.mark.spec("RFC6749-4.1.2")
def test_a_code_works_until_the_second_it_expires(tx: Transaction) -> None:
    add_authorization(tx)
    assert redeem(tx, now=NOW + MINUTE) is None
    assert redeem(tx, now=NOW + MINUTE - 1) is not None


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_code_of_another_client_is_not_redeemed_and_stays_its_owners(tx: Transaction) -> None:
    add_client(tx, "mallory")
    add_authorization(tx)
    assert redeem(tx, client_id="mallory") is None
    assert redeem(tx) is not None


def test_an_unknown_code_redeems_nothing(tx: Transaction) -> None:
    add_authorization(tx)
    assert redeem(tx, digest("unknown")) is None
    assert authorization_codes.find(tx, digest("unknown")) is None
    assert redeem(tx) is not None


def test_a_code_of_an_ended_authorization_is_not_redeemed(tx: Transaction) -> None:
    add_authorization(tx)
    authorizations.end(tx, "authorization", now=NOW, reason="session_ended")
    assert redeem(tx) is None
    found = authorization_codes.find(tx, CODE)
    assert found is not None
    assert found.code is not None
    assert (found.code.redeemed_at, found.family) == (None, None)


def test_redeeming_one_code_leaves_the_others_alone(tx: Transaction) -> None:
    add_authorization(tx, "1", code=digest("1"))
    add_authorization(tx, "2", code=digest("2"))
    assert redeem(tx, digest("1")) is not None
    assert redeem(tx, digest("2")) is not None


def test_a_family_begins_at_generation_zero(tx: Transaction) -> None:
    add_authorization(tx)
    redeemed = redeem(tx, derivation_kid="kid-7")
    assert redeemed is not None
    assert redeemed.family == Family(
        derivation_kid="kid-7",
        generation=0,
        rotated_at=None,
        idle_expires_at=NOW + DAY,
        absolute_expires_at=NOW + 30 * DAY,
    )


def test_no_family_begins_where_none_was_granted(tx: Transaction) -> None:
    add_authorization(tx, refresh_until=None)
    redeemed = redeem(tx)
    assert redeemed is not None
    assert redeemed.family is None


@pytest.mark.parametrize(
    ("idle_lifetime", "expected"), [(HOUR - 1, HOUR - 1), (HOUR, HOUR), (HOUR + 1, HOUR)]
)
def test_the_idle_expiry_of_a_family_is_capped_by_the_absolute_one(
    tx: Transaction, idle_lifetime: int, expected: int
) -> None:
    add_authorization(tx, refresh_until=NOW + HOUR)
    redeemed = redeem(tx, idle_lifetime=idle_lifetime)
    assert redeemed is not None
    assert redeemed.family is not None
    assert redeemed.family.idle_expires_at == NOW + expected


def test_a_redeemed_row_outlives_its_family(tx: Transaction) -> None:
    add_authorization(tx)
    redeemed = redeem(tx)
    assert redeemed is not None
    assert redeemed.expires_at == NOW + 30 * DAY + KEEP


def test_a_redeemed_row_without_a_family_is_kept_from_the_redemption_on(tx: Transaction) -> None:
    add_authorization(tx, refresh_until=None)
    redeemed = redeem(tx, now=NOW + 7)
    assert redeemed is not None
    assert redeemed.expires_at == NOW + 7 + KEEP
