"""People for tests: accounts put into the store as an operator's are, and sessions of browsers in
which they have signed in, without the page and its slow password check."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from provider.ambient import identifier
from provider.authenticators import password as passwords
from provider.context import Context
from provider.credentials import session_cookie
from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.store import accounts

PASSWORD = "a password for tests"


@dataclass(frozen=True)
class User:
    """A person who can sign in. `sub` is the name by which applications know the person, but for
    clients with pairwise subjects; `claims` are standard claims by their registered names."""

    username: str
    password: str
    sub: str
    email: str | None
    claims: dict[str, Any] = field(default_factory=dict)


@cache
def _hash(password: str) -> str:
    return passwords.hash_password(password)


def add_account(
    ctx: Context,
    username: str,
    *,
    email: str | None,
    claims: dict[str, Any],
    password: str = PASSWORD,
) -> Account:
    """Add an account. Raises ValueError where its name or address is another account's."""
    account = Account(
        id=identifier(ctx.entropy),
        username=username,
        email=email,
        password_hash=_hash(password),
        claims=claims,
    )
    added = accounts.find(ctx.tx, account.id) if accounts.add(ctx.tx, account, ctx.now) else None
    if added is None:
        raise ValueError(f"{username} or {email} is the name or address of another account")
    return added


def begin_session(
    ctx: Context,
    account: Account,
    *,
    acr: str = passwords.ACR,
    amr: tuple[str, ...] = passwords.AMR,
    age: int = 0,
) -> tuple[str, str]:
    """Begin a session that is `age` seconds old; return the name and value of its cookie."""
    event = Authentication(auth_time=ctx.now - age, acr=acr, amr=amr)
    _, value = session_cookie.begin(ctx, account, event, None)
    return session_cookie.cookie_name(ctx, "session"), value
