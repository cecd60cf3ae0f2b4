"""Authorizations: made when a code is issued, found and ended afterwards."""

from typing import Any

import sqlalchemy as sa

from provider.model.authentication import Authentication
from provider.model.authorization import Authorization, CodeBinding, Family
from provider.store.schema import authorization as table
from provider.store.unit_of_work import Transaction


def add(tx: Transaction, authorization: Authorization, *, code_digest: bytes) -> None:
    """Remember an authorization and the code that stands for it."""
    authentication, code = authorization.authentication, authorization.code
    if authentication is None or code is None:
        raise ValueError("only an authorization with a code is remembered")
    tx.execute(
        table.insert().values(
            id=authorization.id,
            client_id=authorization.client_id,
            account_id=authorization.account_id,
            session_id=authorization.session_id,
            scope=" ".join(authorization.scopes),
            resource=list(authorization.resources),
            auth_time=authentication.auth_time,
            acr=authentication.acr,
            amr=list(authentication.amr),
            confirmation=authorization.confirmation,
            created_at=authorization.created_at,
            expires_at=authorization.expires_at,
            code_digest=code_digest,
            code_expires_at=code.expires_at,
            redirect_uri=code.redirect_uri,
            code_challenge=code.code_challenge,
            nonce=code.nonce,
            absolute_expires_at=code.refresh_until,
        )
    )


def find(tx: Transaction, authorization_id: str) -> Authorization | None:
    """Return the authorization, ended or not."""
    row = tx.execute(sa.select(table).where(table.c.id == authorization_id)).first()
    return read(row) if row else None


def list_live(tx: Transaction, account_id: str, now: int) -> list[Authorization]:
    """Return the account's live authorizations that have been redeemed, newest first."""
    query = (
        sa.select(table)
        .where(
            table.c.account_id == account_id,
            table.c.ended_at.is_(None),
            table.c.code_redeemed_at.is_not(None),
            table.c.expires_at > now,
            sa.or_(table.c.idle_expires_at.is_(None), table.c.idle_expires_at > now),
        )
        .order_by(table.c.created_at.desc(), table.c.id)
    )
    return [read(row) for row in tx.execute(query)]


def end(tx: Transaction, authorization_id: str, *, now: int, reason: str) -> bool:
    """End one authorization. Return whether it was live."""
    return _end(tx, table.c.id == authorization_id, now, reason) == 1


def end_for_client(
    tx: Transaction, client_id: str, *, account_id: str | None, now: int, reason: str
) -> int:
    """End all authorizations of a client (for one account, or all). Return how many."""
    condition = table.c.client_id == client_id
    if account_id is not None:
        condition = sa.and_(condition, table.c.account_id == account_id)
    return _end(tx, condition, now, reason)


def end_for_account(tx: Transaction, account_id: str, *, now: int, reason: str) -> int:
    """End all authorizations of an account. Return how many."""
    return _end(tx, table.c.account_id == account_id, now, reason)


def end_for_session(tx: Transaction, session_id: str, *, now: int, reason: str) -> int:
    """End what was to last only as long as the session. Return how many."""
    spaced = sa.literal(" ") + table.c.scope + sa.literal(" ")
    lasts = sa.func.replace(spaced, " offline_access ", "") != spaced
    return _end(tx, sa.and_(table.c.session_id == session_id, ~lasts), now, reason)


def _end(tx: Transaction, condition: sa.ColumnElement[bool], now: int, reason: str) -> int:
    result = tx.execute(
        table.update()
        .where(condition, table.c.ended_at.is_(None))
        .values(ended_at=now, ended_reason=reason)
    )
    return result.rowcount


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
