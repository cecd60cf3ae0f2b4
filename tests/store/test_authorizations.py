from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from provider.model.authorization import Authorization
from provider.model.requested_claims import RequestedClaims, Wish
from provider.model.status import INVALID, VALID, StatusPlace
from provider.store import accounts, authorizations, new_authorizations, sessions, token_status
from provider.store.unit_of_work import Transaction
from tests.store.arrange import (
    DAY,
    HOUR,
    KEEP,
    NOW,
    WHILE_SIGNED_IN,
    add_account,
    add_authorization,
    add_client,
    add_people,
    add_session,
    an_authorization,
    as_read,
    begin_family,
    digest,
    redeem,
)


@pytest.fixture(autouse=True)
def people(tx: Transaction) -> None:
    add_people(tx)


def _ended(tx: Transaction, authorization_id: str = "authorization") -> tuple[int, str] | None:
    found = authorizations.find(tx, authorization_id)
    assert found is not None
    if found.ended_at is None:
        return None
    assert found.ended_reason is not None
    return found.ended_at, found.ended_reason


def test_an_authorization_comes_back_as_it_was_given(tx: Transaction) -> None:
    given = add_authorization(tx, confirmation={"jkt": "thumbprint"})
    assert authorizations.find(tx, "authorization") == given
    assert authorizations.find(tx, "unknown") is None


def test_scopes_resources_and_methods_keep_their_order(tx: Transaction) -> None:
    given = add_authorization(
        tx, scopes=("z", "a", "openid"), resources=("https://b", "https://a")
    )
    found = authorizations.find(tx, "authorization")
    assert found is not None
    assert (found.scopes, found.resources) == (given.scopes, given.resources)


def test_an_authorization_begins_without_a_family_and_its_code_unredeemed(
    tx: Transaction,
) -> None:
    add_authorization(tx)
    found = authorizations.find(tx, "authorization")
    assert found is not None
    assert found.code is not None
    assert (found.family, found.code.redeemed_at, found.ended_at) == (None, None, None)


def test_an_authorization_without_a_code_is_remembered_listed_and_ended(tx: Transaction) -> None:
    add_session(tx)
    given = without_code(add_authorization(tx, scopes=WHILE_SIGNED_IN))
    new_authorizations.add(tx, given)
    assert authorizations.find(tx, "no code") == given
    assert _listed(tx, NOW + HOUR - 1) == ["no code"]
    assert _listed(tx, NOW + HOUR) == []
    assert authorizations.end_for_session(tx, "session", now=NOW, reason="session_ended") == 2
    assert _listed(tx, NOW) == []


def test_what_is_given_in_a_session_is_the_same(tx: Transaction) -> None:
    add_session(tx)
    given = an_authorization(claims=RequestedClaims(userinfo={"email": Wish(essential=True)}))
    assert new_authorizations.add_in_session(tx, given, as_read(), code_digest=digest("code"))
    assert authorizations.find(tx, "authorization") == given


@pytest.mark.parametrize(
    "end",
    [
        lambda tx: sessions.end(tx, "session", now=NOW, reason="session_ended"),
        lambda tx: accounts.set_disabled(tx, "alice", NOW),
        lambda tx: accounts.lock(tx, "alice", now=NOW),
        lambda tx: accounts.unlock(tx, "alice", now=NOW),
    ],
    ids=["session", "disabled", "locked", "never"],
)
def test_nothing_is_given_in_a_session_that_ended(
    tx: Transaction, end: Callable[[Transaction], object], request: pytest.FixtureRequest
) -> None:
    add_session(tx)
    end(tx)
    given = new_authorizations.add_in_session(
        tx, an_authorization(), as_read(), code_digest=digest("code")
    )
    assert given is request.node.callspec.id.endswith("never")
    assert (authorizations.find(tx, "authorization") is not None) is given


def test_a_client_ends_only_what_is_its_own_and_once(tx: Transaction) -> None:
    add_authorization(tx, status=StatusPlace(1, 7))
    end_own = partial(
        authorizations.end_own, tx, "authorization", now=NOW, reason="revoked_by_client"
    )
    assert end_own("another") is None
    assert token_status.status_of(tx, StatusPlace(1, 7)) == VALID
    assert end_own("app") == "alice"
    assert token_status.status_of(tx, StatusPlace(1, 7)) == INVALID
    assert end_own("app") is None


def test_a_code_and_what_it_is_bound_to_are_remembered_together(tx: Transaction) -> None:
    given = replace(add_authorization(tx), id="another")
    with pytest.raises(ValueError, match="together"):
        new_authorizations.add(tx, given)
    with pytest.raises(ValueError, match="together"):
        new_authorizations.add(tx, without_code(given), code_digest=digest("x"))


def test_an_authorization_ends_once_and_keeps_its_first_reason(tx: Transaction) -> None:
    add_authorization(tx)
    assert authorizations.end(tx, "authorization", now=NOW + 1, reason="reuse_detected")
    assert not authorizations.end(tx, "authorization", now=NOW + 2, reason="revoked_by_user")
    assert _ended(tx) == (NOW + 1, "reuse_detected")


def test_the_first_reason_survives_every_other_way_to_end(tx: Transaction) -> None:
    add_authorization(tx)
    authorizations.end(tx, "authorization", now=NOW, reason="code_replayed")
    later: dict[str, Any] = {"now": NOW + 9, "reason": "later"}
    assert authorizations.end_for_session(tx, "session", **later) == 0
    assert authorizations.end_for_account(tx, "alice", **later) == 0
    assert authorizations.end_for_client(tx, "app", account_id=None, **later) == 0
    assert authorizations.end_for_client(tx, "app", account_id="alice", **later) == 0
    assert _ended(tx) == (NOW, "code_replayed")


def test_ending_one_authorization_leaves_the_others_alone(tx: Transaction) -> None:
    add_authorization(tx, "1", code=digest("1"))
    add_authorization(tx, "2", code=digest("2"))
    assert authorizations.end(tx, "1", now=NOW, reason="revoked_by_user")
    assert not authorizations.end(tx, "unknown", now=NOW, reason="revoked_by_user")
    assert _ended(tx, "2") is None


def test_the_end_of_a_session_ends_what_hangs_on_it(tx: Transaction) -> None:
    add_session(tx)
    for name, session_id in (("1", "session"), ("2", "session"), ("3", "other"), ("4", None)):
        about = {"session_id": session_id, "scopes": WHILE_SIGNED_IN}
        add_authorization(tx, name, code=digest(name), **about)
    assert authorizations.end_for_session(tx, "session", now=NOW + 1, reason="session_ended") == 2
    assert _ended(tx, "1") == _ended(tx, "2") == (NOW + 1, "session_ended")
    assert _ended(tx, "3") is None
    assert _ended(tx, "4") is None


@pytest.mark.spec("OIDCC-11")
def test_what_hangs_on_sessions_ends_together_however_those_ended(tx: Transaction) -> None:
    add_session(tx)
    for name, session_id in (("1", "session"), ("2", "ran out"), ("3", "kept")):
        about = {"session_id": session_id, "scopes": WHILE_SIGNED_IN}
        add_authorization(tx, name, code=digest(name), **about)
    add_authorization(tx, "4", code=digest("4"), session_id="ran out")
    ended = authorizations.end_bound_to_sessions(
        tx, "alice", but_session="kept", now=NOW + 1, reason="session_ended"
    )
    assert ended == 2
    assert _ended(tx, "1") == _ended(tx, "2") == (NOW + 1, "session_ended")
    assert _ended(tx, "3") is None
    assert _ended(tx, "4") is None


@pytest.mark.spec("OIDCC-11")
@pytest.mark.parametrize(
    "scopes",
    [
        ("offline_access",),
        ("offline_access", "openid"),
        ("openid", "offline_access"),
        ("openid", "offline_access", "email"),
    ],
)
def test_offline_access_outlives_the_session(tx: Transaction, scopes: tuple[str, ...]) -> None:
    add_authorization(tx, scopes=scopes)
    assert authorizations.end_for_session(tx, "session", now=NOW, reason="session_ended") == 0
    assert _ended(tx) is None


@pytest.mark.spec("OIDCC-11")
@pytest.mark.parametrize(
    "scope",
    [
        "x_offline_access",
        "offline_access_x",
        "offlineXaccess",
        "offline%access",
        "offline\\_access",
        "offline-access",
        "Offline_Access",
        "OFFLINE_ACCESS",
    ],
)
def test_a_scope_that_only_looks_like_offline_access_ends_with_the_session(
    tx: Transaction, scope: str
) -> None:
    for name, scopes in (("1", (scope,)), ("2", ("openid", scope)), ("3", (scope, "openid"))):
        assert not add_authorization(tx, name, code=digest(name), scopes=scopes).offline
    assert authorizations.end_for_session(tx, "session", now=NOW, reason="session_ended") == 3


def test_the_end_of_a_client_ends_all_its_authorizations(tx: Transaction) -> None:
    _four(tx)
    assert _end_client(tx, "app", None) == 2
    assert [_ended(tx, name) is None for name in ("aa", "ab", "oa", "ob")] == [
        False, False, True, True,
    ]  # fmt: skip


def test_withdrawing_a_client_ends_only_that_accounts_authorizations(tx: Transaction) -> None:
    _four(tx)
    assert _end_client(tx, "app", "alice") == 1
    assert [_ended(tx, name) is None for name in ("aa", "ab", "oa", "ob")] == [
        False, True, True, True,
    ]  # fmt: skip


def test_the_end_of_an_account_ends_all_its_authorizations_offline_or_not(
    tx: Transaction,
) -> None:
    _four(tx)
    add_authorization(tx, "offline", code=digest("offline"), scopes=("offline_access",))
    assert authorizations.end_for_account(tx, "alice", now=NOW, reason="account_disabled") == 3
    assert _ended(tx, "offline") == (NOW, "account_disabled")
    assert _ended(tx, "ab") is None


def test_redeemed_live_authorizations_are_listed_newest_first(tx: Transaction) -> None:
    add_account(tx, "bob")
    begin_family(tx, "old")
    begin_family(tx, "new", created_at=NOW + 1)
    begin_family(tx, "without family", refresh_until=None, created_at=NOW - 1)
    begin_family(tx, "of bob", account_id="bob")
    begin_family(tx, "ended")
    authorizations.end(tx, "ended", now=NOW, reason="revoked_by_user")
    add_authorization(tx, "unredeemed", code=digest("unredeemed"))
    assert _listed(tx, NOW) == ["new", "old", "without family"]


def test_an_authorization_whose_family_expired_is_not_listed(tx: Transaction) -> None:
    begin_family(tx)
    assert _listed(tx, NOW + DAY - 1) == ["authorization"]
    assert _listed(tx, NOW + DAY) == []


def test_an_authorization_without_a_family_is_listed_until_its_row_expires(
    tx: Transaction,
) -> None:
    begin_family(tx, refresh_until=None)
    assert _listed(tx, NOW + KEEP - 1) == ["authorization"]
    assert _listed(tx, NOW + KEEP) == []


def test_an_ended_authorization_stays_ended_when_its_code_is_presented(tx: Transaction) -> None:
    given = add_authorization(tx)
    authorizations.end(tx, "authorization", now=NOW, reason="session_ended")
    assert redeem(tx) is None
    assert authorizations.find(tx, "authorization") == replace(
        given, ended_at=NOW, ended_reason="session_ended"
    )


def without_code(authorization: Authorization) -> Authorization:
    return replace(authorization, id="no code", code=None)


def _four(tx: Transaction) -> list[Authorization]:
    add_account(tx, "bob")
    add_client(tx, "other")
    return [
        add_authorization(
            tx, client_id[0] + account_id[0],
            code=digest(client_id + account_id), client_id=client_id, account_id=account_id,
        )
        for client_id in ("app", "other")
        for account_id in ("alice", "bob")
    ]  # fmt: skip


def _end_client(tx: Transaction, client_id: str, account_id: str | None) -> int:
    return authorizations.end_for_client(
        tx, client_id, account_id=account_id, now=NOW, reason="revoked_by_user"
    )


def _listed(tx: Transaction, now: int) -> list[str | None]:
    return [authorization.id for authorization in authorizations.list_live(tx, "alice", now)]
