"""A verified access token, as the code of an API sees it. Made by `verifier` alone, after every
check; it is the same value for a JWT (RFC 9068) and for an introspection answer (RFC 7662).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a valid token says. Times are seconds since the epoch.

    `claims` are all its claims, read-only. `response_headers` are what the API's answer should
    carry besides its own: a fresh DPoP nonce (RFC 9449 §8.2), or nothing.
    """

    claims: Mapping[str, Any]
    expires_at: float
    response_headers: tuple[tuple[str, str], ...] = ()

    @property
    def subject(self) -> str:
        """Who the token stands for: a person, or with client credentials the client."""
        return str(self.claims.get("sub", ""))

    @property
    def client_id(self) -> str:
        """The client that the token was issued to."""
        return str(self.claims.get("client_id", ""))

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes, in the order in which they were granted."""
        return tuple(self.claims.get("scope", "").split())

    def has_scope(self, *names: str) -> bool:
        """Return whether the token has all of `names`."""
        return set(names) <= set(self.scopes)

    @property
    def acr(self) -> str | None:
        """How the person signed in, where the issuer says so (RFC 9068 §2.2.1)."""
        value = self.claims.get("acr")
        return value if isinstance(value, str) else None

    @property
    def auth_time(self) -> float | None:
        """When the person signed in, where the issuer says so."""
        value = self.claims.get("auth_time")
        return None if value is None else float(value)

    @property
    def confirmation(self) -> Mapping[str, Any]:
        """The key the token is bound to (RFC 7800): `jkt`, `x5t#S256`, or empty for a bearer."""
        found: Mapping[str, Any] = self.claims.get("cnf", {})
        return found

    def answering_with(self, headers: tuple[tuple[str, str], ...]) -> "AccessToken":
        """Return the same token with headers for the API's answer."""
        return replace(self, response_headers=headers) if headers else self
