import pytest
import sqlalchemy as sa

from provider.model.audience import Audience
from provider.model.status import INVALID, StatusPlace
from provider.store import (
    accounts,
    audiences,
    authorizations,
    changes,
    clients,
    consents,
    events,
    expiry,
    keys,
    logout_deliveries,
    refusals,
    registration_tokens,
    revoked_tokens,
    seen_jtis,
    session_clients,
    sessions,
    status_lists,
    throttles,
    token_status,
)
from provider.store.events import Event
from provider.store.keys import StoredKey
from provider.store.logout_deliveries import Delivery
from provider.store.registration_tokens import RegistrationToken
from provider.store.schema import metadata
from provider.store.unit_of_work import Transaction
from tests.store.arrange import (
    NOW,
    a_consent,
    a_secret,
    add_account,
    add_authorization,
    add_client,
    add_request,
    add_session,
    begin_family,
    digest,
)

LATER = NOW + 1
MANY = 100
TABLES = set(metadata.tables) - {"schema_support"}
"""All but the one that is filled by the migrations alone."""
LASTING = {"client", "account", "consent", "audience", "status_list", "change_count"}
FOLLOWING = {"session_client"}
"""Rows that go with the session they belong to."""
TOLD = {"refusal"}
"""Rows that end with an event that tells their sum."""


def _fill(tx: Transaction, name: str = "1", expires_at: int = LATER) -> None:
    """Write one row into every table."""
    add_client(tx, name, secrets=(a_secret(name, expires_at=expires_at),))
    changes.note(tx, "clients")
    add_account(tx, name)
    accounts.remember_browser(tx, name, digest(name), now=NOW, expires_at=expires_at)
    add_session(tx, name, account_id=name, expires_at=expires_at)
    add_request(tx, name, client_id=name, expires_at=expires_at)
    add_authorization(
        tx, name, code=digest(name), client_id=name, account_id=name, expires_at=expires_at
    )
    consents.remember(tx, a_consent("openid", account_id=name, client_id=name))
    revoked_tokens.add(tx, digest(name), expires_at)
    audiences.add(tx, Audience(identifier=name), NOW)
    status_lists.lease(tx, block=1, size=9, now=NOW, new_seed=lambda: digest(name))
    ended = expires_at - token_status.KEPT
    token_status.enter_place(tx, StatusPlace(1, int(name)), status=INVALID, now=ended)
    seen_jtis.use(tx, digest(name), expires_at)
    registration_tokens.add(
        tx,
        RegistrationToken(
            id=name, digest=digest(name), note="", uses_left=1, created_at=NOW,
            expires_at=expires_at,
        ),
    )  # fmt: skip
    throttles.count_failure(tx, digest(name), now=NOW, expires_at=expires_at)
    at = expires_at - refusals.WINDOW
    refused = Event(at=at, name=name, address="", expires_at=expires_at)
    assert refusals.count(tx, refused, "") == [refused]
    keys.add(tx, _key(name, expires_at))
    session_clients.add(tx, name, name, now=NOW)
    logout_deliveries.add(tx, _delivery(name, expires_at))
    events.add(tx, [Event(at=NOW, name="x", address="", expires_at=expires_at)])


def _delivery(name: str, expires_at: int) -> Delivery:
    return Delivery(
        id=name, client_id=name, subject=name, sid=name, reason="session_ended",
        created_at=NOW, next_attempt_at=None, expires_at=expires_at,
    )  # fmt: skip


def _key(name: str, expires_at: int | None) -> StoredKey:
    return StoredKey(
        kid=name, purpose="sign", alg=name, ordinal=1, sealed=b"sealed", public=None,
        created_at=NOW, activates_at=NOW, expires_at=expires_at,
    )  # fmt: skip


def _rows(tx: Transaction) -> dict[str, int]:
    counts = {
        table.name: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if table.name in TABLES
    }
    return {name: count for name, count in counts.items() if count}


def test_every_table_that_expires_is_purged(tx: Transaction) -> None:
    _fill(tx)
    assert set(_rows(tx)) == TABLES
    removed = expiry.purge(tx, now=LATER, limit=MANY)
    assert removed == dict.fromkeys(TABLES - LASTING - FOLLOWING - TOLD, 1)
    assert _rows(tx) == dict.fromkeys(LASTING | TOLD, 1)
    assert refusals.end(tx, now=LATER, kept=1, limit=MANY) == (1, [])
    assert _rows(tx) == dict.fromkeys(LASTING, 1)


def test_what_does_not_expire_is_what_people_and_operators_decided() -> None:
    lasting = {name for name in TABLES if "expires_at" not in metadata.tables[name].c}
    assert lasting == LASTING | FOLLOWING


def test_a_row_lives_until_the_second_it_expires(tx: Transaction) -> None:
    _fill(tx)
    before = _rows(tx)
    assert expiry.purge(tx, now=LATER - 1, limit=MANY) == {}
    assert _rows(tx) == before


def test_only_what_expired_goes(tx: Transaction) -> None:
    _fill(tx, "1", NOW)
    _fill(tx, "2", NOW + 1)
    _fill(tx, "3", NOW + 2)
    expiry.purge(tx, now=NOW + 1, limit=MANY)
    for table in metadata.sorted_tables:
        if table.name in TABLES - LASTING - FOLLOWING - TOLD:
            assert set(tx.execute(sa.select(table.c.expires_at)).scalars()) == {NOW + 2}


def test_a_purge_removes_a_bounded_amount_the_oldest_first(tx: Transaction) -> None:
    for number in range(5):
        _fill(tx, str(number), NOW + number)
    removed = expiry.purge(tx, now=NOW + 9, limit=2)
    assert removed == dict.fromkeys(TABLES - LASTING - FOLLOWING - TOLD, 2)
    for table in metadata.sorted_tables:
        if table.name in TABLES - LASTING - FOLLOWING - TOLD:
            left = set(tx.execute(sa.select(table.c.expires_at)).scalars())
            assert left == {NOW + 2, NOW + 3, NOW + 4}


def test_purging_in_steps_comes_to_an_end(tx: Transaction) -> None:
    for number in range(5):
        seen_jtis.use(tx, digest(str(number)), NOW)
    steps = [expiry.purge(tx, now=NOW, limit=2) for _ in range(4)]
    assert steps == [{"seen_jti": 2}, {"seen_jti": 2}, {"seen_jti": 1}, {}]


@pytest.mark.parametrize("limit", [0, 1])
def test_rows_that_expire_at_the_same_second_count_one_by_one(tx: Transaction, limit: int) -> None:
    _fill(tx, "1", NOW)
    _fill(tx, "2", NOW)
    assert set(expiry.purge(tx, now=NOW, limit=limit).values()) <= {limit}


def test_a_browser_goes_without_the_accounts_other_browsers(tx: Transaction) -> None:
    for account_id in ("alice", "bob"):
        add_account(tx, account_id)
        for number, browser in enumerate(("first", "second")):
            accounts.remember_browser(
                tx, account_id, digest(browser), now=NOW, expires_at=NOW + number
            )
    assert expiry.purge(tx, now=NOW, limit=MANY) == {"known_browser": 2}
    for account_id in ("alice", "bob"):
        assert accounts.knows_browser(tx, account_id, digest("second"), NOW)


def test_a_client_outlives_its_last_secret(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("1", expires_at=NOW), a_secret("2", expires_at=NOW)))
    assert expiry.purge(tx, now=NOW, limit=MANY) == {"client_secret": 2}
    found = clients.find(tx, "app")
    assert found is not None
    assert found.secrets == ()


def test_a_secret_or_key_without_an_end_stays(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("1"),))
    keys.add(tx, _key("1", None))
    assert expiry.purge(tx, now=NOW * 2, limit=MANY) == {}


def test_an_account_and_its_authorizations_outlive_an_expired_session(tx: Transaction) -> None:
    add_client(tx)
    add_account(tx)
    add_session(tx, expires_at=NOW)
    begun = begin_family(tx)
    assert expiry.purge(tx, now=NOW, limit=MANY) == {"session": 1}
    assert sessions.find(tx, digest("session")) is None
    assert authorizations.find(tx, "authorization") == begun


def test_the_reason_of_an_ended_family_survives_until_its_row_expires(tx: Transaction) -> None:
    add_client(tx)
    add_account(tx)
    begun = begin_family(tx)
    authorizations.end(tx, "authorization", now=NOW, reason="revoked_by_user")
    expiry.purge(tx, now=begun.expires_at - 1, limit=MANY)
    ended = authorizations.find(tx, "authorization")
    assert ended is not None
    assert ended.ended_reason == "revoked_by_user"
    assert expiry.purge(tx, now=begun.expires_at, limit=MANY) == {"authorization": 1}
