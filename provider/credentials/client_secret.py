"""Client secrets (RFC 6749 §2.3.1): made by us with 256 random bits, shown once, kept as
SHA-256 digests. Two may be live while a client rotates. Only where the secret is a key
(OpenID Connect Core §10.1) is it kept sealed as well, under the master key."""

from contextlib import suppress

from provider.ambient import Entropy, identifier
from provider.context import Context
from provider.credentials import opaque
from provider.keys.vault import SealBroken, Vault, WrongMasterKey
from provider.model.client import Client, ClientSecret
from provider.store import sealed_values

_NO_SECRET = opaque.digest("")


def new(entropy: Entropy, vault: Vault, client: Client, now: int) -> tuple[str, ClientSecret]:
    """Return a new secret for a client: what it is shown once, and what we keep."""
    value = opaque.new(entropy, opaque.CLIENT_SECRET)
    return value, keep(vault, client, value, identifier(entropy), now)


def keep(vault: Vault, client: Client, value: str, secret_id: str, now: int) -> ClientSecret:
    """Return what we keep of a secret of a client."""
    sealed = vault.seal(value.encode(), _context(secret_id)) if client.uses_secret_as_key else None
    return ClientSecret(id=secret_id, digest=opaque.digest(value), sealed=sealed, created_at=now)


def is_right(client: Client | None, value: str, now: int) -> bool:
    """Return whether `value` is a live secret of the client.

    An unknown client costs the same comparison as a wrong secret.
    """
    live = [kept.digest for kept in client.secrets if kept.is_live(now)] if client else []
    matches = [opaque.is_digest_of(kept, value) for kept in (*live, _NO_SECRET)]
    return any(matches[:-1])


def values(ctx: Context, client: Client) -> list[bytes]:
    """Return the live secrets in the clear, newest last, of a client that signs with them.

    Empty for any other. Raises WrongMasterKey, SealBroken.
    """
    if not client.uses_secret_as_key:
        return []
    return [
        ctx.provider.vault.open(kept.sealed, _context(kept.id))
        for kept in client.secrets
        if kept.sealed is not None and kept.is_live(ctx.now)
    ]


def reseal(ctx: Context, after: str, limit: int) -> tuple[int, str | None]:
    """Seal secrets under the current secret key, in the order of their ids from `after` on.

    Return how many of at most `limit` that were under another, and where to go on, None at
    the end. Choice: what none of the secret keys opens is left as it is, for its client can
    not be served either way and needs a new secret.
    """
    vault = ctx.provider.vault
    found = sealed_values.client_secrets(ctx.tx, vault.fingerprint, after=after, limit=limit)
    resealed = 0
    for secret_id, sealed in found:
        with suppress(WrongMasterKey, SealBroken):
            anew = vault.reseal(sealed, _context(secret_id))
            resealed += sealed_values.replace_client_secret(ctx.tx, secret_id, sealed, anew)
    return resealed, found[-1][0] if len(found) == limit else None


def has_key(client: Client, now: int) -> bool:
    """Return whether there is a live secret to sign with; without one, a new one is needed."""
    live = (kept for kept in client.secrets if kept.is_live(now))
    return client.uses_secret_as_key and any(kept.sealed is not None for kept in live)


def _context(secret_id: str) -> str:
    return f"client secret {secret_id}"
