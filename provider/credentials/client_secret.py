"""Client secrets (RFC 6749 §2.3.1): made by us with 256 random bits, shown once, kept as
SHA-256 digests. Two may be live while a client rotates."""

from provider.ambient import Entropy, identifier
from provider.credentials import opaque
from provider.model.client import Client, ClientSecret

_NO_SECRET = opaque.digest("")


def new(entropy: Entropy, now: int) -> tuple[str, ClientSecret]:
    """Return a new secret: what the client is shown once, and what we keep."""
    value = opaque.new(entropy, opaque.CLIENT_SECRET)
    kept = ClientSecret(id=identifier(entropy), digest=opaque.digest(value), created_at=now)
    return value, kept


def is_right(client: Client | None, value: str, now: int) -> bool:
    """Return whether `value` is a live secret of the client.

    An unknown client costs the same comparison as a wrong secret.
    """
    live = [kept.digest for kept in client.secrets if kept.is_live(now)] if client else []
    matches = [opaque.is_digest_of(kept, value) for kept in (*live, _NO_SECRET)]
    return any(matches[:-1])
