"""The public keys (RFC 7517 §5, OpenID Connect Core §10.1.1), served from memory. May be
kept for less time than a key is published before it signs, so nobody meets an unknown
key by caching as told."""

from provider.context import Provider
from provider.document import Document
from provider.keys.snapshot import Published

MAX_AGE = 300
"""Seconds for which the keys may be kept."""


class Jwks(Document):
    """Serves the JWK Set."""

    path = "/jwks"
    name = "jwks_uri"
    specs = ("RFC 7517 section 5",)
    max_age = MAX_AGE

    def published(self, provider: Provider, now: int) -> Published:
        """Return the set."""
        return provider.keyring.jwks(now)
