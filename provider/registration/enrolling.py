"""How a checked client comes to be: its secret where it uses one, its registration access token
where it registered itself (RFC 7591 §3.2.1). Called by `signet client add` and by the
registration endpoint, and the management of RFC 7592 for the secret of a changed client."""

from dataclasses import replace

from provider.context import Context
from provider.credentials import client_secret, opaque
from provider.model.client import Client
from provider.registration import access
from provider.store import clients


def enrol(ctx: Context, client: Client, token: str | None = None) -> str | None:
    """Remember a new client. Return its secret where it has one.

    `token` is the registration access token of a client that registered itself.
    """
    value = None
    if client.has_secret:
        value, kept = client_secret.new(ctx.entropy, ctx.provider.vault, client, ctx.now)
        client = replace(client, secrets=(kept,))
    digest = opaque.digest(token) if token else None
    clients.add(ctx.tx, client, ctx.now, registration_digest=digest)
    ctx.record(
        "client_registered",
        client_id=client.client_id,
        detail={"name": client.client_name, "dynamic": token is not None},
    )
    return value


def change(ctx: Context, found: Client, client: Client) -> str | None:
    """Replace what is registered. Return a secret where the client has none that serves it.

    A client that no longer uses its secrets loses them.
    """
    clients.replace(ctx.tx, client, ctx.now)
    ctx.record("client_changed", client_id=client.client_id)
    serves = any(kept.is_live(ctx.now) for kept in found.secrets)
    if client.uses_secret_as_key:
        serves = client_secret.has_key(replace(client, secrets=found.secrets), ctx.now)
    if not client.has_secret:
        clients.expire_secrets(ctx.tx, client.client_id, except_id="", expires_at=ctx.now)
    elif not serves:
        value, kept = client_secret.new(ctx.entropy, ctx.provider.vault, client, ctx.now)
        clients.add_secret(ctx.tx, client.client_id, kept)
        return value
    return None


def new_token(ctx: Context) -> str:
    """Return a new registration access token."""
    return opaque.new(ctx.entropy, access.REGISTRATION)
