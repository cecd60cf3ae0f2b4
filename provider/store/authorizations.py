"""Authorizations: found and ended, after `new_authorizations` made them. What
ends one marks its place in the status list by the next statement, so that no ending can
forget it: first the rows end, then the places of all that ended are entered."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from provider.model.authentication import Authentication
from provider.model.authorization import Authorization, CodeBinding, Family
from provider.model.requested_claims import RequestedClaims
from provider.model.status import INVALID, StatusPlace
from provider.store import token_status
from provider.store.compiled import Compiled
from provider.store.grounds import OUTLASTS_SESSION, OWNER_IS_ENABLED, SESSION_COUNTS
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction

_FIND = Compiled(sa.select(table).where(table.c.id == sa.bindparam("id")))
_HOLD = sa.select(table).where(table.c.id == sa.bindparam("id")).with_for_update(key_share=True)

_OF_CLIENT = table.c.client_id == sa.bindparam("of_client")
_OF_ACCOUNT = table.c.account_id == sa.bindparam("of_account")

Which = tuple[sa.ColumnElement[bool], ...]
_ONE: Which = (table.c.id == sa.bindparam("authorization_id"),)
_CLIENTS: Which = (_OF_CLIENT,)
_CLIENT_AND_ACCOUNT: Which = (_OF_CLIENT, _OF_ACCOUNT)
_ACCOUNTS: Which = (_OF_ACCOUNT,)
_SESSIONS: Which = (
    table.c.session_id.in_(sa.bindparam("of_sessions", expanding=True)),
    ~OUTLASTS_SESSION,
)
_BOUND_TO_SESSIONS: Which = (
    _OF_ACCOUNT,
    ~OUTLASTS_SESSION,
    sa.or_(table.c.session_id.is_(None), table.c.session_id != sa.bindparam("but_session")),
)

_END = Compiled(
    table.update()
    .where(*_ONE, table.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"), ended_reason=sa.bindparam("why"))
    .returning(table.c.status_list, table.c.status_index)
)
_END_OWN = Compiled(
    table.update()
    .where(*_ONE, _OF_CLIENT, table.c.ended_at.is_(None))
    .values(ended_at=sa.bindparam("at"), ended_reason=sa.bindparam("why"))
    .returning(table.c.status_list, table.c.status_index, table.c.account_id)
)
_GIVE_PLACE = (
    table.update()
    .where(*_ONE, table.c.status_list.is_(None), table.c.ended_at.is_(None), OWNER_IS_ENABLED)
    .values(status_list=sa.bindparam("to_list"), status_index=sa.bindparam("to_index"))
)
_LEAVE_PLACE = (
    table.update()
    .where(
        *_ONE,
        table.c.status_list == sa.bindparam("from_list"),
        table.c.status_index == sa.bindparam("from_index"),
        table.c.ended_at.is_(None),
    )
    .values(status_list=None, status_index=None)
)


def find(tx: Transaction, authorization_id: str) -> Authorization | None:
    """Return the authorization, ended or not."""
    row = _FIND.first(tx, {"id": authorization_id})
    return read(row) if row else None


def hold(tx: Transaction, authorization_id: str) -> Authorization | None:
    """Find an authorization that nobody else changes until this transaction ends."""
    row = tx.execute(_HOLD, {"id": authorization_id}).first()
    return read(row) if row else None


def list_live(tx: Transaction, account_id: str, now: int) -> list[Authorization]:
    """Return the account's live authorizations that wait for no code, newest first."""
    query = (
        sa.select(table)
        .where(
            table.c.account_id == account_id,
            table.c.ended_at.is_(None),
            sa.or_(table.c.code_digest.is_(None), table.c.code_redeemed_at.is_not(None)),
            table.c.expires_at > now,
            sa.or_(table.c.idle_expires_at.is_(None), table.c.idle_expires_at > now),
            SESSION_COUNTS,
        )
        .order_by(table.c.created_at.desc(), table.c.id)
    )
    return [read(row) for row in tx.execute(query, {"now": now})]


def list_of(
    tx: Transaction, *, account_id: str | None, client_id: str | None, now: int, limit: int
) -> list[Authorization]:
    """Return live authorizations, newest first, of one account or client or of all."""
    query = sa.select(table).where(
        table.c.ended_at.is_(None), table.c.expires_at > now, SESSION_COUNTS
    )
    if account_id is not None:
        query = query.where(table.c.account_id == account_id)
    if client_id is not None:
        query = query.where(table.c.client_id == client_id)
    newest_first = query.order_by(table.c.created_at.desc(), table.c.id).limit(limit)
    return [read(row) for row in tx.execute(newest_first, {"now": now})]


def end(tx: Transaction, authorization_id: str, *, now: int, reason: str) -> bool:
    """End one authorization. Return whether it was live."""
    row = _END.first(tx, {"authorization_id": authorization_id, "at": now, "why": reason})
    _close_place(tx, row, now)
    return row is not None


def end_own(
    tx: Transaction, authorization_id: str, client_id: str, *, now: int, reason: str
) -> str | None:
    """End one authorization of a client. Return whose it was, None where it was not live or is
    not this client's."""
    about = {"authorization_id": authorization_id, "of_client": client_id}
    row = _END_OWN.first(tx, {**about, "at": now, "why": reason})
    _close_place(tx, row, now)
    return str(row.account_id) if row else None


def _close_place(tx: Transaction, ended: Any, now: int) -> None:
    if ended is not None and ended.status_list is not None:
        place = StatusPlace(ended.status_list, ended.status_index)
        token_status.enter_place(tx, place, status=INVALID, now=now)


def end_for_client(
    tx: Transaction, client_id: str, *, account_id: str | None, now: int, reason: str
) -> int:
    """End all authorizations of a client (for one account, or all). Return how many."""
    if account_id is None:
        return _end(tx, _CLIENTS, {"of_client": client_id}, now, reason)
    which: dict[str, object] = {"of_client": client_id, "of_account": account_id}
    return _end(tx, _CLIENT_AND_ACCOUNT, which, now, reason)


def end_for_account(tx: Transaction, account_id: str, *, now: int, reason: str) -> int:
    """End all authorizations of an account. Return how many."""
    return _end(tx, _ACCOUNTS, {"of_account": account_id}, now, reason)


def end_for_session(tx: Transaction, session_id: str, *, now: int, reason: str) -> int:
    """End what was to last only as long as the session. Return how many."""
    return end_for_sessions(tx, [session_id], now=now, reason=reason)


def end_for_sessions(
    tx: Transaction, session_ids: Collection[str], *, now: int, reason: str
) -> int:
    """End what was to last only as long as one of these sessions. Return how many."""
    return _end(tx, _SESSIONS, {"of_sessions": list(session_ids)}, now, reason)


def end_bound_to_sessions(
    tx: Transaction, account_id: str, *, but_session: str | None, now: int, reason: str
) -> int:
    """End what an account granted for as long as some session, however that ended, but for
    what hangs on one session. Return how many."""
    values: dict[str, object] = {"of_account": account_id, "but_session": but_session or ""}
    return _end(tx, _BOUND_TO_SESSIONS, values, now, reason)


def _end(tx: Transaction, which: Which, values: dict[str, object], now: int, reason: str) -> int:
    ending = table.update().where(*which, table.c.ended_at.is_(None))
    ended = tx.execute(ending.values(ended_at=now, ended_reason=reason), values).rowcount
    if ended:
        just_ended = table.c.ended_at == now
        token_status.enter(tx, table, *which, just_ended, status=INVALID, now=now, values=values)
    return ended


def give_place(tx: Transaction, authorization_id: str, place: StatusPlace) -> bool:
    """Give a live authorization a place, unless it has one. Return whether this did."""
    values = {"to_list": place.number, "to_index": place.index}
    return tx.execute(_GIVE_PLACE, {"authorization_id": authorization_id, **values}).rowcount == 1


def leave_place(tx: Transaction, authorization_id: str, place: StatusPlace, *, now: int) -> bool:
    """Make a place INVALID for good and leave it, if it is the one the live authorization has.
    The next access token gets a new one. Return whether it was."""
    values = {"from_list": place.number, "from_index": place.index}
    left = tx.execute(_LEAVE_PLACE, {"authorization_id": authorization_id, **values}).rowcount
    if left:
        token_status.enter_place(tx, place, status=INVALID, now=now)
    return left == 1


def read(row: Any) -> Authorization:
    """Return the authorization in a row of the table."""
    code = family = None
    if row.code_expires_at is not None:
        code = CodeBinding(
            expires_at=row.code_expires_at,
            redirect_uri=row.redirect_uri,
            code_challenge=row.code_challenge,
            nonce=row.nonce,
            refresh_until=row.absolute_expires_at,
            redeemed_at=row.code_redeemed_at,
        )
    if row.generation is not None:
        family = Family(
            derivation_kid=row.derivation_kid,
            generation=row.generation,
            rotated_at=row.rotated_at,
            idle_expires_at=row.idle_expires_at,
            absolute_expires_at=row.absolute_expires_at,
        )
    return Authorization(
        id=row.id,
        client_id=row.client_id,
        account_id=row.account_id,
        session_id=row.session_id,
        scopes=tuple(row.scope.split()),
        resources=tuple(row.resource),
        authentication=Authentication(auth_time=row.auth_time, acr=row.acr, amr=tuple(row.amr)),
        confirmation=row.confirmation,
        claims=RequestedClaims.from_json(row.claims),
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
        status=StatusPlace.of(row.status_list, row.status_index),
        code=code,
        family=family,
    )
