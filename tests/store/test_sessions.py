from dataclasses import replace

import pytest

from provider.model.authentication import Authentication
from provider.model.session import Session
from provider.store import accounts, clients, sessions
from provider.store.unit_of_work import Transaction
from tests.store.arrange import (
    DAY,
    HOUR,
    NOW,
    add_account,
    add_client,
    add_session,
    as_read,
    digest,
)


@pytest.fixture(autouse=True)
def alice(tx: Transaction) -> None:
    add_account(tx)


def _find(tx: Transaction, session_id: str = "session") -> Session:
    found = sessions.find(tx, digest(session_id))
    assert found is not None
    return found


def _listed(tx: Transaction, now: int) -> list[str]:
    return [session.id for session in sessions.list_live(tx, "alice", now)]


def test_a_session_comes_back_by_the_digest_of_its_cookie(tx: Transaction) -> None:
    session = add_session(tx)
    assert _find(tx) == session
    assert sessions.find(tx, digest("unknown")) is None
    assert sessions.find(tx, b"") is None


def test_a_session_is_live_until_it_was_idle_for_too_long(tx: Transaction) -> None:
    session = add_session(tx)
    assert session.is_live(NOW + HOUR - 1)
    assert not session.is_live(NOW + HOUR)
    assert _listed(tx, NOW + HOUR - 1) == ["session"]
    assert _listed(tx, NOW + HOUR) == []


def test_a_session_is_live_until_its_absolute_expiry(tx: Transaction) -> None:
    session = add_session(tx, idle_expires_at=NOW + 2 * DAY)
    assert session.is_live(NOW + DAY - 1)
    assert not session.is_live(NOW + DAY)
    assert _listed(tx, NOW + DAY - 1) == ["session"]
    assert _listed(tx, NOW + DAY) == []


def test_live_sessions_of_one_account_are_listed_last_seen_first(tx: Transaction) -> None:
    add_account(tx, "bob")
    add_session(tx, "1", last_seen_at=NOW + 1)
    add_session(tx, "2", last_seen_at=NOW + 3)
    add_session(tx, "3", last_seen_at=NOW + 2)
    add_session(tx, "of bob", account_id="bob")
    assert _listed(tx, NOW + 3) == ["2", "3", "1"]


def test_using_a_session_moves_its_idle_expiry_only(tx: Transaction) -> None:
    session = add_session(tx)
    other = add_session(tx, "other")
    sessions.touch(tx, "session", now=NOW + 60, idle_expires_at=NOW + 60 + HOUR)
    assert _find(tx) == replace(session, last_seen_at=NOW + 60, idle_expires_at=NOW + 60 + HOUR)
    assert _find(tx, "other") == other


@pytest.mark.parametrize("late", [HOUR, DAY])
def test_using_a_session_too_late_does_not_revive_it(tx: Transaction, late: int) -> None:
    session = add_session(tx, idle_expires_at=NOW + late)
    sessions.touch(tx, "session", now=NOW + late, idle_expires_at=NOW + late + HOUR)
    assert _find(tx) == session


def test_a_session_ends_once_and_keeps_its_first_reason(tx: Transaction) -> None:
    add_session(tx)
    assert sessions.end(tx, "session", now=NOW + 1, reason="session_ended")
    assert not sessions.end(tx, "session", now=NOW + 2, reason="account_disabled")
    ended = _find(tx)
    assert (ended.ended_at, ended.ended_reason) == (NOW + 1, "session_ended")
    assert not ended.is_live(NOW)
    assert _listed(tx, NOW) == []


def test_ending_a_session_leaves_the_others_alone(tx: Transaction) -> None:
    add_session(tx, "1")
    add_session(tx, "2")
    sessions.end(tx, "1", now=NOW, reason="session_ended")
    assert _listed(tx, NOW) == ["2"]
    assert not sessions.end(tx, "unknown", now=NOW, reason="session_ended")


def test_renewing_makes_the_old_cookie_worthless(tx: Transaction) -> None:
    session = add_session(tx)
    assert sessions.renew(tx, session, digest("new cookie"))
    assert sessions.find(tx, digest("session")) is None
    assert _find(tx, "new cookie") == session


def test_renewing_brings_the_new_authentication_and_expiry(tx: Transaction) -> None:
    session = add_session(tx)
    renewed = replace(
        session,
        authentication=Authentication(auth_time=NOW + 10, acr="2", amr=("pwd", "otp")),
        address="192.0.2.8",
        user_agent="Browser/2",
        last_seen_at=NOW + 10,
        idle_expires_at=NOW + 10 + HOUR,
        expires_at=NOW + 10 + DAY,
    )
    assert sessions.renew(tx, renewed, digest("new cookie"))
    assert _find(tx, "new cookie") == renewed


def test_renewing_cannot_revive_an_ended_session(tx: Transaction) -> None:
    session = add_session(tx)
    sessions.end(tx, "session", now=NOW, reason="session_ended")
    assert not sessions.renew(tx, session, digest("new cookie"))
    assert sessions.find(tx, digest("new cookie")) is None
    assert not _find(tx).is_live(NOW)


def test_renewing_cannot_hand_a_session_to_another_account(tx: Transaction) -> None:
    add_account(tx, "mallory")
    session = add_session(tx)
    assert not sessions.renew(tx, replace(session, account_id="mallory"), digest("new cookie"))
    assert _find(tx) == session


def test_renewing_an_unknown_session_does_nothing(tx: Transaction) -> None:
    session = add_session(tx)
    assert not sessions.renew(tx, replace(session, id="unknown"), digest("new cookie"))
    assert sessions.find(tx, digest("new cookie")) is None


def test_an_ended_session_or_one_of_a_disabled_account_is_not_held(tx: Transaction) -> None:
    add_client(tx)
    add_session(tx)
    assert sessions.hold(tx, "session", as_read())
    accounts.set_disabled(tx, "alice", NOW)
    assert not sessions.hold(tx, "session", as_read())
    accounts.set_disabled(tx, "alice", None)
    assert clients.disable(tx, "app", NOW)
    assert not sessions.hold(tx, "session", as_read())
    clients.enable(tx, "app")
    assert not sessions.hold(tx, "session", as_read())
    changed_twice = as_read(version=2)
    assert sessions.hold(tx, "session", changed_twice)
    assert not sessions.hold(tx, "session", as_read("unknown"))
    sessions.end(tx, "session", now=NOW, reason="session_ended")
    assert not sessions.hold(tx, "session", changed_twice)
