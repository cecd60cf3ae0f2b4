import pytest

from provider.store import consents
from provider.store.unit_of_work import Transaction
from tests.store.arrange import NOW, a_consent, add_account, add_client, add_people


@pytest.fixture(autouse=True)
def people(tx: Transaction) -> None:
    add_people(tx)


def test_a_consent_comes_back_as_it_was_granted(tx: Transaction) -> None:
    granted = a_consent("openid", "email", resources=("https://a.example", "https://b.example"))
    consents.remember(tx, granted)
    assert consents.find(tx, "alice", "app") == granted


def test_a_consent_adds_to_what_was_granted_before(tx: Transaction) -> None:
    consents.remember(tx, a_consent("openid", "email", resources=("https://a.example",)))
    consents.remember(
        tx, a_consent("openid", "phone", resources=("https://b.example",), granted_at=NOW + 1)
    )
    assert consents.find(tx, "alice", "app") == a_consent(
        "openid",
        "email",
        "phone",
        resources=("https://a.example", "https://b.example"),
        granted_at=NOW + 1,
    )


def test_consenting_to_less_takes_nothing_away(tx: Transaction) -> None:
    consents.remember(tx, a_consent("openid", "email", resources=("https://a.example",)))
    consents.remember(tx, a_consent("openid"))
    known = consents.find(tx, "alice", "app")
    assert known is not None
    assert known.covers(frozenset({"openid", "email"}), frozenset({"https://a.example"}))


def test_a_consent_covers_nothing_that_was_not_granted(tx: Transaction) -> None:
    consents.remember(tx, a_consent("openid", "email_extra"))
    known = consents.find(tx, "alice", "app")
    assert known is not None
    assert not known.covers(frozenset({"email"}), frozenset())
    assert not known.covers(frozenset({"openid"}), frozenset({"https://a.example"}))


def test_a_consent_to_nothing_is_still_a_consent(tx: Transaction) -> None:
    consents.remember(tx, a_consent())
    assert consents.find(tx, "alice", "app") == a_consent()


def test_a_consent_counts_for_its_account_and_client_only(tx: Transaction) -> None:
    add_client(tx, "other")
    add_account(tx, "bob")
    consents.remember(tx, a_consent("openid"))
    consents.remember(tx, a_consent("email", account_id="bob"))
    assert consents.find(tx, "alice", "other") is None
    assert consents.find(tx, "bob", "other") is None
    assert consents.find(tx, "alice", "app") == a_consent("openid")


def test_consents_of_an_account_are_listed_newest_first(tx: Transaction) -> None:
    add_account(tx, "bob")
    for client_id, granted_at in (("c", NOW), ("a", NOW + 2), ("b", NOW)):
        add_client(tx, client_id)
        consents.remember(tx, a_consent("x", client_id=client_id, granted_at=granted_at))
    consents.remember(tx, a_consent("x", account_id="bob"))
    assert [known.client_id for known in consents.list_for(tx, "alice")] == ["a", "b", "c"]


def test_a_withdrawn_consent_is_forgotten(tx: Transaction) -> None:
    add_client(tx, "other")
    consents.remember(tx, a_consent("openid"))
    consents.remember(tx, a_consent("openid", client_id="other"))
    assert consents.withdraw(tx, "alice", "app")
    assert not consents.withdraw(tx, "alice", "app")
    assert consents.find(tx, "alice", "app") is None
    assert consents.find(tx, "alice", "other") is not None


def test_what_was_withdrawn_does_not_come_back_with_the_next_consent(tx: Transaction) -> None:
    consents.remember(tx, a_consent("openid", "email"))
    consents.withdraw(tx, "alice", "app")
    consents.remember(tx, a_consent("openid"))
    assert consents.find(tx, "alice", "app") == a_consent("openid")
