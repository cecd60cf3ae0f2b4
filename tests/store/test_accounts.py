from typing import Any

import pytest

from provider.model.account import Account
from provider.store import accounts
from provider.store.unit_of_work import Transaction
from tests.store.arrange import DAY, NOW, add_account, digest

SPELLINGS = ("alice", "Alice", "ALICE", " alice ", "ａｌｉｃｅ", "Ａlice", "\u3000alice\u3000")
CLAIMS: dict[str, Any] = {
    "name": "Alice 앨리스",
    "email_verified": True,
    "address": {"country": "KR", "formatted": "1\n2"},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_username_is_one_account_however_it_is_spelled(tx: Transaction, spelling: str) -> None:
    add_account(tx, "1", username="alice")
    found = accounts.find_by_login(tx, spelling)
    assert found is not None
    assert found.id == "1"
    assert accounts.is_taken(tx, spelling)
    assert not accounts.add(tx, Account(id="2", username=spelling), NOW)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_account_is_kept_under_the_one_spelling(tx: Transaction, spelling: str) -> None:
    add_account(tx, "1", username=spelling, email=f"{spelling.strip()}@Example.com ")
    found = accounts.find(tx, "1")
    assert found is not None
    assert (found.username, found.email) == ("alice", "alice@example.com")


@pytest.mark.parametrize("login", ["alice@example.com", "Alice@EXAMPLE.com", " alice@example.com"])
def test_a_person_signs_in_by_email_address_too(tx: Transaction, login: str) -> None:
    add_account(tx, "1", username="somebody", email="alice@example.com")
    found = accounts.find_by_login(tx, login)
    assert found is not None
    assert found.id == "1"


@pytest.mark.parametrize("login", ["", " ", "%", "_____", "alic", "alice2", "a'--", "alice\u200b"])
def test_what_is_nobodys_login_finds_nobody(tx: Transaction, login: str) -> None:
    add_account(tx, "1", username="alice", email=" ")
    assert accounts.find_by_login(tx, login) is None
    assert not accounts.is_taken(tx, login)


def test_a_blank_email_address_is_none_and_taken_by_nobody(tx: Transaction) -> None:
    add_account(tx, "1", email=" ")
    add_account(tx, "2", email="\u3000")
    add_account(tx, "3", email="")
    found = accounts.find(tx, "2")
    assert found is not None
    assert found.email is None


def test_an_email_address_belongs_to_one_account(tx: Transaction) -> None:
    add_account(tx, "1", email="shared@example.com")
    assert not accounts.add(tx, Account(id="2", username="2", email="Shared@Example.com"), NOW)
    assert accounts.find(tx, "2") is None


def test_nobody_takes_anothers_email_address_as_username(tx: Transaction) -> None:
    add_account(tx, "1", email="alice@example.com")
    assert not accounts.add(tx, Account(id="2", username="ALICE@example.com"), NOW)
    found = accounts.find_by_login(tx, "alice@example.com")
    assert found is not None
    assert found.id == "1"


def test_nobody_takes_anothers_username_as_email_address(tx: Transaction) -> None:
    add_account(tx, "1", username="alice@example.com")
    assert not accounts.add(tx, Account(id="2", username="2", email="Alice@example.com"), NOW)


def test_an_email_address_may_be_the_accounts_own_username(tx: Transaction) -> None:
    add_account(tx, "1", username="alice@example.com", email="alice@example.com")
    found = accounts.find_by_login(tx, "alice@example.com")
    assert found is not None
    assert found.id == "1"


def test_an_account_comes_back_as_it_was_made(tx: Transaction) -> None:
    add_account(tx, "1", password_hash="hash", claims=CLAIMS)
    found = accounts.find(tx, "1")
    assert found == Account(
        id="1",
        username="1",
        password_hash="hash",
        claims=CLAIMS,
        created_at=NOW,
        updated_at=NOW,
    )


def test_accounts_are_listed_oldest_first(tx: Transaction) -> None:
    for name, at in (("b", NOW), ("a", NOW), ("z", NOW - 1)):
        assert accounts.add(tx, Account(id=name, username=name), at)
    assert [account.id for account in accounts.list_all(tx)] == ["z", "a", "b"]


def test_a_password_is_replaced_or_upgraded_for_one_account(tx: Transaction) -> None:
    add_account(tx, "1", password_hash="a")
    add_account(tx, "2", password_hash="a")
    accounts.set_password_hash(tx, "1", "b", NOW + 1)
    assert [account.password_hash for account in accounts.list_all(tx)] == ["b", "a"]
    assert accounts.upgrade_password_hash(tx, "1", compared="b", password_hash="c")
    assert [account.password_hash for account in accounts.list_all(tx)] == ["c", "a"]


def test_a_password_that_is_not_the_one_compared_is_not_upgraded_nor_held(tx: Transaction) -> None:
    add_account(tx, "1", password_hash="a")
    assert accounts.hold_password(tx, "1", "a")
    assert not accounts.hold_password(tx, "1", "old")
    assert not accounts.upgrade_password_hash(tx, "1", compared="old", password_hash="c")
    assert [account.password_hash for account in accounts.list_all(tx)] == ["a"]


@pytest.mark.parametrize("state", ["disabled", "locked", "gone"])
def test_the_password_of_an_account_that_is_not_usable_is_not_held(
    tx: Transaction, state: str
) -> None:
    if state != "gone":
        add_account(tx, "1", password_hash="a")
    if state == "disabled":
        accounts.set_disabled(tx, "1", NOW)
    elif state == "locked":
        accounts.lock(tx, "1", now=NOW)
    assert not accounts.hold_password(tx, "1", "a")
    assert not accounts.upgrade_password_hash(tx, "1", compared="a", password_hash="b")


def test_an_account_is_switched_off_and_on_and_found_meanwhile(tx: Transaction) -> None:
    add_account(tx, "1")
    accounts.set_disabled(tx, "1", NOW + 1)
    off = accounts.find_by_login(tx, "1")
    assert off is not None
    assert off.disabled_at == NOW + 1
    accounts.set_disabled(tx, "1", None)
    on = accounts.find(tx, "1")
    assert on is not None
    assert on.disabled_at is None


def test_a_browser_is_new_once_for_each_account(tx: Transaction) -> None:
    add_account(tx, "1")
    add_account(tx, "2")
    assert _remember(tx, "1", "browser")
    assert not _remember(tx, "1", "browser")
    assert _remember(tx, "1", "another")
    assert _remember(tx, "2", "browser")


def test_a_browser_is_known_until_it_expires(tx: Transaction) -> None:
    add_account(tx, "1")
    _remember(tx, "1", "browser")
    assert accounts.knows_browser(tx, "1", digest("browser"), NOW + DAY - 1)
    assert not accounts.knows_browser(tx, "1", digest("browser"), NOW + DAY)
    assert not accounts.knows_browser(tx, "1", digest("another"), NOW)
    assert not accounts.knows_browser(tx, "2", digest("browser"), NOW)


def test_signing_in_again_keeps_a_browser_known_for_longer(tx: Transaction) -> None:
    add_account(tx, "1")
    add_account(tx, "2")
    _remember(tx, "1", "browser")
    _remember(tx, "2", "browser")
    _remember(tx, "1", "browser", now=NOW + DAY - 1)
    assert accounts.knows_browser(tx, "1", digest("browser"), NOW + DAY)
    assert not accounts.knows_browser(tx, "2", digest("browser"), NOW + DAY)


def test_a_browser_that_was_forgotten_is_new_again_purged_or_not(tx: Transaction) -> None:
    add_account(tx, "1")
    _remember(tx, "1", "browser")
    assert _remember(tx, "1", "browser", now=NOW + DAY)
    assert not _remember(tx, "1", "browser", now=NOW + DAY)


def _remember(tx: Transaction, account_id: str, browser: str, now: int = NOW) -> bool:
    return accounts.remember_browser(
        tx, account_id, digest(browser), now=now, expires_at=now + DAY
    )
