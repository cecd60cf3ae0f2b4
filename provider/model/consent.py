"""A consent: what a person agreed to give a client, which we remember so that it is
asked once (OpenID Connect Core §3.1.2.4)."""

from collections.abc import Iterable
from dataclasses import dataclass

CLAIM = "claim:"
"""Begins an entry among the scopes of a consent that stands for one claim by its name."""


def entries(scopes: Iterable[str], claims: Iterable[str]) -> frozenset[str]:
    """Return what a person agrees to: scopes, and claims that none of them covers."""
    return frozenset([*scopes, *(CLAIM + name for name in claims)])


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Scopes (and single claims among them) and resources one account granted one client."""

    account_id: str
    client_id: str
    scopes: frozenset[str]
    resources: frozenset[str]
    granted_at: int

    def covers(self, scopes: frozenset[str], resources: frozenset[str]) -> bool:
        """Return whether nothing in the request is new."""
        return scopes <= self.scopes and resources <= self.resources
