"""What store tests begin with: a client, an account, a session, an authorization and its
code, each with the values that the test cares about and plain ones for the rest."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.model.authorization import Authorization, CodeBinding
from provider.model.client import Client, ClientSecret
from provider.model.consent import Consent
from provider.model.session import Session
from provider.store import (
    accounts,
    authorization_codes,
    authorization_requests,
    clients,
    new_authorizations,
    sessions,
)
from provider.store.unit_of_work import Transaction

NOW = 1_900_000_000
MINUTE, HOUR, DAY = 60, 3600, 86400
KEEP = 7 * DAY
CODE, BROWSER = b"c" * 32, b"b" * 32
PARAMETERS = {"scope": "openid", "state": "ü\u2028\"'"}
WHILE_SIGNED_IN = ("openid", "profile")
"""Scopes of access that ends with its session."""
PASSWORD_SIGN_IN = Authentication(auth_time=NOW, acr="1", amr=("pwd",))


def digest(value: str) -> bytes:
    """Return what is kept of an opaque value."""
    return sha256(value.encode()).digest()


def a_secret(secret_id: str, **changes: Any) -> ClientSecret:
    """Return a secret that never stops working."""
    secret = ClientSecret(id=secret_id, digest=digest(secret_id), created_at=NOW)
    return replace(secret, **changes)


def add_client(tx: Transaction, client_id: str = "app", **changes: Any) -> Client:
    """Remember a client."""
    client = replace(Client(client_id=client_id, client_name=client_id.title()), **changes)
    clients.add(tx, client, NOW)
    return client


def as_read(client_id: str = "app", **changes: Any) -> Client:
    """Return a client as who read it after `add_client` knows it."""
    return Client(client_id=client_id, client_name=client_id.title(), updated_at=NOW, **changes)


def add_account(tx: Transaction, account_id: str = "alice", **changes: Any) -> Account:
    """Remember an account whose username is its id."""
    account = replace(Account(id=account_id, username=account_id), **changes)
    assert accounts.add(tx, account, NOW)
    return account


def add_session(tx: Transaction, session_id: str = "session", **changes: Any) -> Session:
    """Remember a session of alice, idle after an hour, over after a day."""
    session = Session(
        id=session_id,
        account_id="alice",
        authentication=PASSWORD_SIGN_IN,
        address="192.0.2.7",
        user_agent="Browser/1",
        created_at=NOW,
        last_seen_at=NOW,
        idle_expires_at=NOW + HOUR,
        expires_at=NOW + DAY,
    )
    session = replace(session, **changes)
    sessions.add(tx, session, digest(session_id))
    return session


def an_authorization(
    authorization_id: str = "authorization",
    *,
    refresh_until: int | None = NOW + 30 * DAY,
    **changes: Any,
) -> Authorization:
    """An authorization of app by alice; its code lives a minute."""
    authorization = Authorization(
        id=authorization_id,
        client_id="app",
        account_id="alice",
        scopes=(*WHILE_SIGNED_IN, "offline_access"),
        resources=("https://api.example",),
        created_at=NOW,
        session_id="session",
        authentication=PASSWORD_SIGN_IN,
        expires_at=NOW + HOUR,
        code=CodeBinding(
            expires_at=NOW + MINUTE,
            redirect_uri="https://app.example/callback",
            code_challenge="challenge",
            nonce="nonce",
            refresh_until=refresh_until,
        ),
    )
    return replace(authorization, **changes)


def add_authorization(
    tx: Transaction,
    authorization_id: str = "authorization",
    *,
    code: bytes = CODE,
    **about: Any,
) -> Authorization:
    """Remember `an_authorization` and its code."""
    authorization = an_authorization(authorization_id, **about)
    new_authorizations.add(tx, authorization, code_digest=code)
    return authorization


def add_request(
    tx: Transaction,
    handle: str = "handle",
    *,
    browser_digest: bytes = BROWSER,
    client_id: str = "app",
    expires_at: int = NOW + HOUR,
) -> None:
    """Remember a request of app, bound to a browser, for an hour."""
    authorization_requests.add(
        tx,
        digest=digest(handle),
        browser_digest=browser_digest,
        client_id=client_id,
        parameters=PARAMETERS,
        now=NOW,
        expires_at=expires_at,
    )


def a_consent(
    *scopes: str,
    account_id: str = "alice",
    client_id: str = "app",
    resources: tuple[str, ...] = (),
    granted_at: int = NOW,
) -> Consent:
    """Return a consent."""
    return Consent(
        account_id=account_id,
        client_id=client_id,
        scopes=frozenset(scopes),
        resources=frozenset(resources),
        granted_at=granted_at,
    )


def add_people(tx: Transaction) -> None:
    """Remember the client and the account that the other values refer to."""
    add_client(tx)
    add_account(tx)


def redeem(
    tx: Transaction,
    code: bytes = CODE,
    *,
    client_id: str = "app",
    now: int = NOW,
    derivation_kid: str = "kid-1",
    idle_lifetime: int = DAY,
) -> Authorization | None:
    """Redeem a code; its family lies idle for a day at most."""
    return authorization_codes.redeem(
        tx,
        code,
        as_read(client_id),
        now=now,
        keep_for=KEEP,
        derivation_kid=derivation_kid,
        idle_lifetime=idle_lifetime,
    )


def begin_family(
    tx: Transaction, authorization_id: str = "authorization", **changes: Any
) -> Authorization:
    """Remember an authorization whose code has been redeemed."""
    code = digest(f"code of {authorization_id}")
    add_authorization(tx, authorization_id, code=code, **changes)
    redeemed = redeem(tx, code, client_id=changes.get("client_id", "app"))
    assert redeemed is not None
    return redeemed


def without_state(client: Client) -> Client:
    """Return what was registered about a client, without what we noted about it."""
    return replace(client, created_at=0, updated_at=0, version=0, disabled_at=None, secrets=())
