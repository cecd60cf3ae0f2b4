"""A consent: what a person agreed to give a client, which we remember so that it is
asked once (OpenID Connect Core §3.1.2.4)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Scopes and resources one account granted one client."""

    account_id: str
    client_id: str
    scopes: frozenset[str]
    resources: frozenset[str]
    granted_at: int

    def covers(self, scopes: frozenset[str], resources: frozenset[str]) -> bool:
        """Return whether nothing in the request is new."""
        return scopes <= self.scopes and resources <= self.resources
