"""Authorizations: made when a code or tokens are issued, found and ended afterwards."""

from typing import Any

import sqlalchemy as sa

from provider.model.authentication import Authentication
from provider.model.authorization import Authorization, CodeBinding, Family
from provider.store.schema import account
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction

OWNER_IS_ENABLED = (
    sa.exists()
    .where(account.c.id == table.c.account_id, account.c.disabled_at.is_(None))
    .correlate(table)
)
"""Disabling ends everything an account has; this holds also for what was being issued at
that very moment by another process."""

_ADD = table.insert()
_FIND = sa.select(table).where(table.c.id == sa.bindparam("id"))


def _ending(*which: sa.ColumnElement[bool]) -> sa.Update:
    """Return the statement that ends those of `which` that are live."""
    return (
        table.update()
        .where(*which, table.c.ended_at.is_(None))
        .values(ended_at=sa.bindparam("now"), ended_reason=sa.bindparam("reason"))
    )


_OF_CLIENT = table.c.client_id == sa.bindparam("of_client")
_OF_ACCOUNT = table.c.account_id == sa.bindparam("of_account")
_SPACED_SCOPE = sa.literal(" ") + table.c.scope + sa.literal(" ")
_OUTLASTS_SESSION = sa.func.replace(_SPACED_SCOPE, " offline_access ", "") != _SPACED_SCOPE

_END = _ending(table.c.id == sa.bindparam("authorization_id"))
_END_FOR_CLIENT = _ending(_OF_CLIENT)
_END_FOR_CLIENT_AND_ACCOUNT = _ending(_OF_CLIENT, _OF_ACCOUNT)
_END_FOR_ACCOUNT = _ending(_OF_ACCOUNT)
_END_FOR_SESSION = _ending(table.c.session_id == sa.bindparam("of_session"), ~_OUTLASTS_SESSION)


def add(
    tx: Transaction, authorization: Authorization, *, code_digest: bytes | None = None
) -> None:
    """Remember an authorization and the code that stands for it, if there is one."""
    authentication, code = authorization.authentication, authorization.code
    if authentication is None:
        raise ValueError("only what a person authorized is remembered")
    if (code is None) != (code_digest is None):
        raise ValueError("a code and what it is bound to are remembered together")
    tx.execute(
        _ADD,
        {
            "id": authorization.id,
            "client_id": authorization.client_id,
            "account_id": authorization.account_id,
            "session_id": authorization.session_id,
            "scope": " ".join(authorization.scopes),
            "resource": list(authorization.resources),
            "auth_time": authentication.auth_time,
            "acr": authentication.acr,
            "amr": list(authentication.amr),
            "confirmation": authorization.confirmation,
            "created_at": authorization.created_at,
            "expires_at": authorization.expires_at,
            "code_digest": code_digest,
            "code_expires_at": code.expires_at if code else None,
            "redirect_uri": code.redirect_uri if code else None,
            "code_challenge": code.code_challenge if code else None,
            "nonce": code.nonce if code else None,
            "absolute_expires_at": code.refresh_until if code else None,
        },
    )


def find(tx: Transaction, authorization_id: str) -> Authorization | None:
    """Return the authorization, ended or not."""
    row = tx.execute(_FIND, {"id": authorization_id}).first()
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
        )
        .order_by(table.c.created_at.desc(), table.c.id)
    )
    return [read(row) for row in tx.execute(query)]


def end(tx: Transaction, authorization_id: str, *, now: int, reason: str) -> bool:
    """End one authorization. Return whether it was live."""
    which = {"authorization_id": authorization_id}
    return _end(tx, _END, which, now, reason) == 1


def end_for_client(
    tx: Transaction, client_id: str, *, account_id: str | None, now: int, reason: str
) -> int:
    """End all authorizations of a client (for one account, or all). Return how many."""
    if account_id is None:
        return _end(tx, _END_FOR_CLIENT, {"of_client": client_id}, now, reason)
    which = {"of_client": client_id, "of_account": account_id}
    return _end(tx, _END_FOR_CLIENT_AND_ACCOUNT, which, now, reason)


def end_for_account(tx: Transaction, account_id: str, *, now: int, reason: str) -> int:
    """End all authorizations of an account. Return how many."""
    return _end(tx, _END_FOR_ACCOUNT, {"of_account": account_id}, now, reason)


def end_for_session(tx: Transaction, session_id: str, *, now: int, reason: str) -> int:
    """End what was to last only as long as the session. Return how many."""
    return _end(tx, _END_FOR_SESSION, {"of_session": session_id}, now, reason)


def _end(
    tx: Transaction, statement: sa.Update, which: dict[str, str], now: int, reason: str
) -> int:
    return tx.execute(statement, {**which, "now": now, "reason": reason}).rowcount


def read(row: sa.Row[Any]) -> Authorization:
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
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
        code=code,
        family=family,
    )
