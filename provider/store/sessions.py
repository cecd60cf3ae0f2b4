"""Sessions of browsers. The cookie's value is kept as a digest."""

from typing import Any

import sqlalchemy as sa

from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.model.client import Client
from provider.model.session import Session
from provider.store import accounts, grounds
from provider.store.compiled import Compiled
from provider.store.schema import account, client
from provider.store.schema import session as table
from provider.store.unit_of_work import Transaction

_WHICH = sa.select(table).where(table.c.digest == sa.bindparam("digest"))
_FIND = Compiled(_WHICH)
_FIND_OWNED = Compiled(
    _WHICH.join(account, account.c.id == table.c.account_id).add_columns(*accounts.OWNER)
)


def find(tx: Transaction, digest: bytes) -> Session | None:
    """Return the session behind a cookie, live or not."""
    row = _FIND.first(tx, {"digest": digest})
    return _session(row) if row else None


def find_owned(tx: Transaction, digest: bytes) -> tuple[Session, Account] | None:
    """Return the session behind a cookie, live or not, and the account it is of."""
    row = _FIND_OWNED.first(tx, {"digest": digest})
    return (_session(row), accounts.read_owner(row)) if row else None


def list_live(tx: Transaction, account_id: str, now: int) -> list[Session]:
    """Return the live sessions of an account, last seen first."""
    query = (
        sa.select(table)
        .where(table.c.account_id == account_id, _is_live(now))
        .order_by(table.c.last_seen_at.desc(), table.c.id)
    )
    return [_session(row) for row in tx.execute(query)]


def held(query: sa.Select[Any]) -> sa.Select[Any]:
    """Return a query for one row if the session `held_session` and its account have not ended and
    the client `held_client` is as it was read, which keeps all three so until the transaction
    ends. The account comes first, as who ends an account locks its row before its sessions."""
    return (
        query.select_from(
            account.join(table, table.c.account_id == account.c.id).join(
                client, client.c.client_id == sa.bindparam("held_client")
            )
        )
        .where(
            table.c.id == sa.bindparam("held_session"),
            table.c.ended_at.is_(None),
            account.c.disabled_at.is_(None),
            account.c.locked_at.is_(None),
            grounds.CLIENT_IS_AS_READ,
        )
        .with_for_update(read=True)
    )


_HOLD = Compiled(held(sa.select(table.c.id)))


def holding(session_id: str | None, read: Client) -> dict[str, object]:
    """Return the values that say what a `held` query holds."""
    held_by_id = {"held_session": session_id, "held_client": read.client_id}
    return {**held_by_id, **grounds.as_read(read)}


def hold(tx: Transaction, session_id: str, read: Client) -> bool:
    """Keep a session, its account and a client as they are until the transaction ends.

    Whoever ends or changes one of them waits, and then finds what was issued meanwhile. Returns
    False where one has ended already, or the client is not as it was read.
    """
    return _HOLD.first(tx, holding(session_id, read)) is not None


def add(tx: Transaction, session: Session, digest: bytes) -> None:
    """Remember a new session."""
    tx.execute(
        table.insert().values(
            id=session.id,
            digest=digest,
            account_id=session.account_id,
            auth_time=session.authentication.auth_time,
            acr=session.authentication.acr,
            amr=list(session.authentication.amr),
            address=session.address,
            user_agent=session.user_agent,
            created_at=session.created_at,
            last_seen_at=session.last_seen_at,
            idle_expires_at=session.idle_expires_at,
            expires_at=session.expires_at,
        )
    )


def renew(tx: Transaction, session: Session, digest: bytes) -> bool:
    """Give a live session a new cookie, authentication and expiry. False where it ended."""
    result = tx.execute(
        table.update()
        .where(
            table.c.id == session.id,
            table.c.account_id == session.account_id,
            table.c.ended_at.is_(None),
        )
        .values(
            digest=digest,
            auth_time=session.authentication.auth_time,
            acr=session.authentication.acr,
            amr=list(session.authentication.amr),
            address=session.address,
            user_agent=session.user_agent,
            last_seen_at=session.last_seen_at,
            idle_expires_at=session.idle_expires_at,
            expires_at=session.expires_at,
        )
    )
    return result.rowcount == 1


def touch(tx: Transaction, session_id: str, *, now: int, idle_expires_at: int) -> None:
    """Note that the session was used, if it is live. Its account is held before it, as who ends
    an account does it in this order, and the request may go on to hold both."""
    owner = sa.select(account.c.id).where(account.c.id == table.c.account_id)
    owner_is_held = owner.with_for_update(read=True).correlate(table).exists()
    tx.execute(
        table.update()
        .where(table.c.id == session_id, _is_live(now), owner_is_held)
        .values(last_seen_at=now, idle_expires_at=idle_expires_at)
    )


def end(tx: Transaction, session_id: str, *, now: int, reason: str) -> bool:
    """End one session. Return whether it was live."""
    result = tx.execute(
        table.update()
        .where(table.c.id == session_id, table.c.ended_at.is_(None))
        .values(ended_at=now, ended_reason=reason)
    )
    return result.rowcount == 1


def end_run_out(tx: Transaction, *, now: int, limit: int) -> list[str]:
    """End up to `limit` sessions that ran out, of which nobody noted it yet. Return which. Those
    that somebody else works on are passed over."""
    ran_out = (
        sa.select(table.c.id)
        .where(table.c.ended_at.is_(None), table.c.idle_expires_at <= now)
        .order_by(table.c.idle_expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("ran_out")
    )
    why = sa.case((table.c.idle_expires_at < table.c.expires_at, "expired_idle"), else_="expired")
    ended = (
        table.update()
        .where(table.c.id.in_(sa.select(ran_out)))
        .values(ended_at=now, ended_reason=why)
        .returning(table.c.id)
    )
    return list(tx.execute(ended).scalars())


def _is_live(now: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.ended_at.is_(None), table.c.idle_expires_at > now, table.c.expires_at > now
    )


def _session(row: Any) -> Session:
    return Session(
        id=row.id,
        account_id=row.account_id,
        authentication=Authentication(auth_time=row.auth_time, acr=row.acr, amr=tuple(row.amr)),
        address=row.address,
        user_agent=row.user_agent,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        idle_expires_at=row.idle_expires_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_reason=row.ended_reason,
    )
