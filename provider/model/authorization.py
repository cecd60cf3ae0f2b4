"""An authorization: the outcome of a request. This client may act, for this subject or
for itself, within these bounds; every token descends from one. One row holds it, its
code if it has one, and its refresh token family."""

from dataclasses import dataclass, field
from typing import Any

from provider.model.authentication import Authentication
from provider.model.requested_claims import RequestedClaims
from provider.model.status import StatusPlace


@dataclass(frozen=True, kw_only=True)
class CodeBinding:
    """What an authorization code is bound to. Times are in seconds since the epoch.

    `refresh_until`: when a refresh token family that begins with it ends at the latest,
    or None where none is to begin.
    """

    expires_at: int
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    refresh_until: int | None = None
    redeemed_at: int | None = None


@dataclass(frozen=True, kw_only=True)
class Family:
    """All refresh tokens of one authorization: only the newest generation counts."""

    derivation_kid: str
    generation: int
    rotated_at: int | None
    idle_expires_at: int
    absolute_expires_at: int


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """One authorization. `id` is None where nothing is remembered (client_credentials).

    `status`: where its access tokens stand in a status list; None until one needs it.
    """

    id: str | None
    client_id: str
    account_id: str | None
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    created_at: int
    session_id: str | None = None
    authentication: Authentication | None = None
    confirmation: dict[str, Any] | None = None
    claims: RequestedClaims = field(default_factory=RequestedClaims)
    expires_at: int = 0
    ended_at: int | None = None
    ended_reason: str | None = None
    status: StatusPlace | None = None
    code: CodeBinding | None = None
    family: Family | None = None

    def get_redirect_uri(self) -> str | None:
        """Answer Authlib's question of an authorization code."""
        return self.code.redirect_uri if self.code else None

    @property
    def offline(self) -> bool:
        """Whether it outlives the session it began in (OpenID Connect Core §11)."""
        return "offline_access" in self.scopes
