"""Accounts, and the browsers each has signed in from before."""

from dataclasses import fields
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from provider.model.account import Account, normalise_login
from provider.model.status import SUSPENDED
from provider.store import token_status
from provider.store.compiled import Compiled
from provider.store.schema import account as table
from provider.store.schema import authorization, known_browser
from provider.store.unit_of_work import Transaction
from provider.store.upsert import insert_or_ignore

_FIND = Compiled(sa.select(table).where(table.c.id == sa.bindparam("id")))
_HAS_PASSWORD = (
    table.c.id == sa.bindparam("account_id"),
    table.c.password_hash == sa.bindparam("compared"),
    table.c.disabled_at.is_(None),
    table.c.locked_at.is_(None),
)
_HOLD_PASSWORD = Compiled(sa.select(table.c.id).where(*_HAS_PASSWORD).with_for_update(read=True))
_FACTS = tuple(one.name for one in fields(Account))
OWNER = [table.c[name].label(f"owner_{name}") for name in _FACTS]
"""The columns of an account beside those of something it owns."""


def find(tx: Transaction, account_id: str) -> Account | None:
    """Return the account, disabled or not."""
    return _account(_FIND.first(tx, {"id": account_id}))


def find_by_login(tx: Transaction, login: str) -> Account | None:
    """Return the account with this username or email address, disabled or not."""
    name = normalise_login(login)
    matching = sa.or_(table.c.username == name, table.c.email == name)
    rows = tx.execute(sa.select(table).where(matching)).all()
    by_username = [row for row in rows if row.username == name]
    return _account(next(iter(by_username or rows), None))


def list_all(tx: Transaction) -> list[Account]:
    """Return every account, oldest first."""
    rows = tx.execute(sa.select(table).order_by(table.c.created_at, table.c.username))
    return [account for row in rows if (account := _account(row))]


def add(tx: Transaction, account: Account, now: int) -> bool:
    """Remember a new account. Return False where its username or address is taken.

    A username may not be another account's address either, nor the other way round:
    people sign in with both.
    """
    username = normalise_login(account.username)
    email = normalise_login(account.email or "") or None
    if is_taken(tx, username) or (email and is_taken(tx, email)):
        return False
    return insert_or_ignore(
        tx,
        table,
        {
            "id": account.id,
            "username": username,
            "email": email,
            "password_hash": account.password_hash,
            "claims": account.claims,
            "created_at": now,
            "updated_at": now,
            "password_changed_at": now,
        },
    )


def is_taken(tx: Transaction, login: str) -> bool:
    """Return whether `login` is the username or the address of some account."""
    return find_by_login(tx, login) is not None


def set_password_hash(
    tx: Transaction,
    account_id: str,
    password_hash: str,
    now: int,
    *,
    set_in: bytes | None = None,
) -> None:
    """Remember a new password's hash, and forget the browsers that the account signed in from but
    the one it was set in: who knew the old password may be among them."""
    _update(tx, account_id, password_hash=password_hash, password_changed_at=now)
    known = known_browser.c.account_id == account_id
    others = known_browser.c.browser_digest != (set_in or b"")
    tx.execute(known_browser.delete().where(known, others))


def hold_password(tx: Transaction, account_id: str, password_hash: str) -> bool:
    """Keep a usable account as it is until the transaction ends, if it has this hash. Whoever
    gives it a new password, locks or disables it waits, and then finds the session that began
    meanwhile. Return whether it is so."""
    values = {"account_id": account_id, "compared": password_hash}
    return _HOLD_PASSWORD.first(tx, values) is not None


def upgrade_password_hash(
    tx: Transaction, account_id: str, *, compared: str, password_hash: str
) -> bool:
    """Remember the same password under stronger parameters, unless the account has another hash
    than the one that was compared, or is not usable. Return whether this did."""
    upgraded = table.update().where(*_HAS_PASSWORD).values(password_hash=password_hash)
    values = {"account_id": account_id, "compared": compared}
    return tx.execute(upgraded, values).rowcount == 1


def set_disabled(tx: Transaction, account_id: str, disabled_at: int | None) -> None:
    """Switch an account off (at a time) or on (None)."""
    _update(tx, account_id, disabled_at=disabled_at)


def lock(tx: Transaction, account_id: str, *, now: int) -> bool:
    """Lock an account and suspend the tokens of its live authorizations. Return whether it
    was not locked."""
    locked = table.update().where(table.c.id == account_id, table.c.locked_at.is_(None))
    if tx.execute(locked.values(locked_at=now)).rowcount != 1:
        return False
    live = (authorization.c.account_id == account_id, authorization.c.ended_at.is_(None))
    # who is refreshing at this moment may just get a place: wait for it
    tx.execute(sa.select(authorization.c.id).where(*live).with_for_update())
    token_status.enter(tx, authorization, *live, status=SUSPENDED, now=now)
    return True


def unlock(tx: Transaction, account_id: str, *, now: int) -> bool:
    """Unlock an account; its suspended tokens are valid again. Return whether it was locked."""
    unlocked = table.update().where(table.c.id == account_id, table.c.locked_at.is_not(None))
    if tx.execute(unlocked.values(locked_at=None)).rowcount != 1:
        return False
    token_status.restore(tx, account_id, now=now)
    return True


def remember_browser(
    tx: Transaction, account_id: str, browser_digest: bytes, *, now: int, expires_at: int
) -> bool:
    """Remember a browser this account signed in from. Return whether it was new."""
    if insert_or_ignore(
        tx,
        known_browser,
        {
            "account_id": account_id,
            "browser_digest": browser_digest,
            "first_seen_at": now,
            "expires_at": expires_at,
        },
    ):
        return True
    same = sa.and_(
        known_browser.c.account_id == account_id,
        known_browser.c.browser_digest == browser_digest,
    )
    forgotten = tx.execute(
        known_browser.update()
        .where(same, known_browser.c.expires_at <= now)
        .values(first_seen_at=now, expires_at=expires_at)
    )
    if forgotten.rowcount == 1:
        return True
    tx.execute(known_browser.update().where(same).values(expires_at=expires_at))
    return False


def knows_browser(tx: Transaction, account_id: str, browser_digest: bytes, now: int) -> bool:
    """Return whether this account has signed in from this browser."""
    query = sa.select(known_browser.c.account_id).where(
        known_browser.c.account_id == account_id,
        known_browser.c.browser_digest == browser_digest,
        known_browser.c.expires_at > now,
    )
    return tx.execute(query).first() is not None


def forget_browser(tx: Transaction, account_id: str, browser_digest: bytes) -> None:
    """Make a known browser one like any other."""
    tx.execute(
        known_browser.delete().where(
            known_browser.c.account_id == account_id,
            known_browser.c.browser_digest == browser_digest,
        )
    )


def _update(tx: Transaction, account_id: str, **values: Any) -> None:
    tx.execute(table.update().where(table.c.id == account_id).values(**values))


def _account(row: Any) -> Account | None:
    return None if row is None else Account(**dict(zip(_FACTS, _OWN(row), strict=True)))


def read_owner(row: Any) -> Account:
    """Return the account in the columns `OWNER` of a row."""
    return Account(**dict(zip(_FACTS, _OWNERS(row), strict=True)))


_OWN = attrgetter(*_FACTS)
_OWNERS = attrgetter(*(column.name for column in OWNER))
