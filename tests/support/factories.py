"""Clients and accounts for tests, put through the same store as an operator's. The defaults are
what most tests need; anything registered can be replaced by name.
"""

from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from wsgiref.types import WSGIApplication

from provider.context import Provider
from provider.credentials import client_secret
from provider.model.account import Account
from provider.model.client import Client, ClientPolicy
from provider.store import clients
from provider.store.unit_of_work import transaction
from provider.testing import people
from provider.testing.operating import operating
from tests.support import jwt
from tests.support.browser import Browser, Cookie
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

PASSWORD = people.PASSWORD
SCOPE = "openid profile email address phone offline_access notes:read notes:write"
API = "https://api.example/notes"
RESPONSE_TYPES = (
    "code", "id_token", "id_token token", "code id_token", "code token", "code id_token token",
    "none",
)  # fmt: skip
_number = count(1)

PROFILE: dict[str, Any] = {
    "name": "Test Account",
    "given_name": "Test",
    "family_name": "Account",
    "middle_name": "Middle",
    "nickname": "testy",
    "profile": "https://people.example/test",
    "picture": "https://people.example/test.png",
    "website": "https://test.example",
    "gender": "unspecified",
    "birthdate": "1990-10-20",
    "zoneinfo": "Asia/Seoul",
    "locale": "ko-KR",
    "email_verified": True,
    "phone_number": "+82 2 0000 0000",
    "phone_number_verified": False,
    "address": {
        "formatted": "1 Example Street\nExample City",
        "street_address": "1 Example Street",
        "locality": "Example City",
        "region": "Example Region",
        "postal_code": "00000",
        "country": "KR",
    },
}
"""With `preferred_username` and `updated_at`, which the record knows: all of §5.1 of
OpenID Connect Core."""


@dataclass(frozen=True)
class Registered:
    """A client, and the secret it was shown once."""

    client: Client
    secret: str | None


def make_account(provider: Provider, username: str = "tester", **changes: Any) -> Account:
    """Add an account with every standard claim."""
    about = {"email": f"{username}@example.com", "claims": PROFILE, **changes}
    with operating(provider) as ctx:
        return people.add_account(ctx, username, **about)


def make_client(provider: Provider, client_id: str | None = None, **changes: Any) -> Registered:
    """Add a confidential web client. `policy` takes the fields of a ClientPolicy."""
    number = next(_number)
    now = provider.clock.now()
    policy = {"resources": (API,), "audiences": ()} | changes.pop("policy", {})
    fields: dict[str, Any] = {
        "client_name": f"Test Application {number}",
        "redirect_uris": ("https://rp.example/cb",),
        "grant_types": ("authorization_code", "refresh_token", "client_credentials"),
        "scope": SCOPE,
        **changes,
        "policy": ClientPolicy(**policy),
    }
    secret: str | None = None
    client = Client(client_id=client_id or f"client-{number}", **fields)
    if client.has_secret:
        secret, one = client_secret.new(provider.entropy, provider.vault, client, now)
        client = replace(client, secrets=(one,))
    with transaction(provider.engine) as tx:
        clients.add(tx, client, now)
    return Registered(client, secret)


def make_relying_party(
    app: WSGIApplication, provider: Provider, clock: SettableClock, **changes: Any
) -> RelyingParty:
    """Register a client and return the relying party that is it."""
    alg = changes.get("token_endpoint_auth_signing_alg") or "ES256"
    key = None
    if changes.get("token_endpoint_auth_method") == "private_key_jwt":
        key = jwt.key_for(alg)
        changes.setdefault("jwks", jwt.public_set(key))
    own = {
        name: changes.pop(name)
        for name in ("use_pkce", "asks", "decryption_key")
        if name in changes
    }
    if decryption_key := own.get("decryption_key"):
        keys = [decryption_key, key] if key else [decryption_key]
        changes["jwks"] = jwt.public_set(*keys)
    registered = make_client(provider, **changes)
    client = registered.client
    party = RelyingParty(
        app=app,
        issuer=provider.issuer,
        clock=clock,
        client_id=client.client_id,
        secret=registered.secret,
        auth=client.token_endpoint_auth_method,
        key=key,
        redirect_uri=client.redirect_uris[0] if client.redirect_uris else "",
        use_pkce=own.get("use_pkce", True),
        id_token_alg=client.id_token_signed_response_alg,
        decryption_key=decryption_key,
    )
    party.scope = own.get("asks", party.scope)
    return party


def change_client(provider: Provider, client_id: str, **changes: Any) -> None:
    """Change what is registered about a client, as an operator does; processes notice within a
    second."""
    with transaction(provider.engine) as tx:
        found = clients.find(tx, client_id)
        assert found is not None
        clients.replace(tx, replace(found, **changes), provider.clock.now())


def public(**changes: Any) -> dict[str, Any]:
    """Return what makes a client a public one: a browser application with an https redirect."""
    return {
        "token_endpoint_auth_method": "none",
        "grant_types": ("authorization_code", "refresh_token"),
        **changes,
    }


def front_channel(*response_types: str, **changes: Any) -> dict[str, Any]:
    """Return what makes a client one that gets tokens from the authorization endpoint."""
    return {
        "response_types": response_types or RESPONSE_TYPES,
        "grant_types": ("authorization_code", "implicit", "refresh_token", "client_credentials"),
        **changes,
    }


def native(**changes: Any) -> dict[str, Any]:
    """Return what makes a client a native one, at home on a loopback port."""
    uris = ("http://127.0.0.1/cb", "com.example.app:/cb")
    return public(**{"application_type": "native", "redirect_uris": uris, **changes})


def already_signed_in(provider: Provider, browser: Browser, account: Account) -> None:
    """Give a browser a live session without the sign-in page and its slow password check."""
    with operating(provider, browser.address) as ctx:
        name, value = people.begin_session(ctx, account)
    host = provider.issuer.split("/")[2].split(":")[0]
    secure = provider.issuer.startswith("https:")
    browser.jar.cookies[host, name] = Cookie(value, secure, "lax", True, True)
