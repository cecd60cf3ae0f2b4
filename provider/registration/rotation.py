"""Rotation at the client's own wish (RFC 7592 §2.2, §3): an update with the member `signet_rotate`
is answered with a new client secret, a new registration access token, or both. The old ones work
for `registration.rotation_overlap` more. New ones are derived from the old (by HMAC under the
master key), so a lost answer, or two processes of the client that ask at once, get the same ones:
while the old secret still works there is no further rotation. Called by the client configuration
endpoint.

Choice: no registered member says this, and a rotation that nobody asked for, on a reading say,
would cut off a client that does not expect it. Whose token or secret is in wrong hands needs an
end without overlap, which is the operator's (`signet client rotate-secret --overlap 0`).
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from provider.context import Context
from provider.credentials import client_secret, opaque
from provider.errors import InvalidToken
from provider.model.client import Client, ClientSecret
from provider.registration import access
from provider.registration.problem import NotRegistrable
from provider.store import clients

MEMBER = "signet_rotate"
SECRET, TOKEN = "client_secret", "registration_access_token"


def wanted(document: Mapping[str, Any], client: Client) -> frozenset[str]:
    """Return what an update asks to rotate. Raises NotRegistrable."""
    asked = document.get(MEMBER)
    if asked is None:
        return frozenset()
    if not isinstance(asked, list) or any(one not in (SECRET, TOKEN) for one in asked):
        raise NotRegistrable(f"{MEMBER} is a list of {SECRET} and {TOKEN}", MEMBER)
    if SECRET in asked and not client.has_secret:
        raise NotRegistrable("the client has no secret", MEMBER)
    return frozenset(asked)


def newest_token(ctx: Context, client: Client, presented: str) -> str:
    """Return the registration access token to go on with: the one presented, or its successor."""
    if clients.has_registration(ctx.tx, client.client_id, opaque.digest(presented)):
        return presented
    successor = _successor(ctx, client, presented)
    works = clients.has_registration(ctx.tx, client.client_id, opaque.digest(successor))
    return successor if works else presented


def rotate_token(ctx: Context, client: Client, presented: str) -> str:
    """Return the registration access token that follows the one presented. Raises InvalidToken
    where that has ended meanwhile."""
    successor = _successor(ctx, client, presented)
    rotated = clients.rotate_registration(
        ctx.tx,
        client.client_id,
        presented=opaque.digest(presented),
        successor=opaque.digest(successor),
        now=ctx.now,
        until=ctx.now + ctx.settings.registration.rotation_overlap,
    )
    if rotated is None:
        raise InvalidToken
    if rotated:
        ctx.record("registration_token_rotated", client_id=client.client_id)
    return successor


def rotate_secret(ctx: Context, client: Client) -> str:
    """Return the secret that follows the newest, of a client with its live secrets."""
    live = [kept for kept in client.secrets if kept.is_live(ctx.now)]
    for kept in live:
        value = _next_secret(ctx, kept)
        if kept.expires_at is not None and any(_is(one, value, client) for one in live):
            return value
    newest = max(live, key=lambda kept: (kept.expires_at is None, kept.created_at))
    value = _next_secret(ctx, newest)
    made = client_secret.keep(
        ctx.provider.vault, client, value, _derived(ctx, "client secret id", newest.id), ctx.now
    )
    if clients.add_secret_once(ctx.tx, client.client_id, made):
        ends_at = ctx.now + ctx.settings.registration.rotation_overlap
        clients.expire_secrets(ctx.tx, client.client_id, except_id=made.id, expires_at=ends_at)
        ctx.record("client_secret_rotated", client_id=client.client_id)
    return value


def _is(kept: ClientSecret, value: str, client: Client) -> bool:
    serves = kept.sealed is not None or not client.uses_secret_as_key
    return serves and opaque.is_digest_of(kept.digest, value)


def _next_secret(ctx: Context, kept: ClientSecret) -> str:
    return opaque.CLIENT_SECRET + _derived(ctx, "client secret", kept.id)


def _successor(ctx: Context, client: Client, presented: str) -> str:
    message = f"{client.client_id}\x1f{presented}"
    return access.REGISTRATION + _derived(ctx, "registration access token", message)


def _derived(ctx: Context, label: str, message: str) -> str:
    mac = ctx.provider.vault.mac(f"successor of a {label}", message.encode())
    return urlsafe_b64encode(mac).rstrip(b"=").decode()
