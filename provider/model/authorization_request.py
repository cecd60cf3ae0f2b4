"""An authorization request: what a client asks at the authorization endpoint, until it
is decided. The validated form is a value; the stored form holds the parameters as they
came, bound to the browser that sent them, so that tabs never disturb each other and
every return to the endpoint checks them afresh."""

from dataclasses import dataclass, field
from typing import Any

from provider.model.client import Client
from provider.model.requested_claims import RequestedClaims
from provider.model.response_type import returned
from provider.model.shown import Shown


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """A request whose client and redirect URI are proven and whose rules are checked.

    `claims_beyond_scopes`: the claims asked for one by one that no scope of the request
    covers. `required_acr`: one of these must be reached, where there are any.
    """

    client: Client
    redirect_uri: str
    response_type: str
    response_mode: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    prompts: frozenset[str]
    max_age: int | None
    login_hint: str | None
    ui_locales: str | None
    subject_hint: str | None
    claims: RequestedClaims = field(default_factory=RequestedClaims)
    claims_beyond_scopes: tuple[str, ...] = ()
    required_acr: frozenset[str] = frozenset()

    @property
    def returns(self) -> frozenset[str]:
        """What the authorization endpoint is to return, in the words of the response type."""
        return returned(self.response_type)

    @property
    def offline(self) -> bool:
        """Whether access is to outlive the session (OpenID Connect Core §11)."""
        return "offline_access" in self.scopes


@dataclass(frozen=True)
class SingleUse:
    """What the answer to a request uses up: a digest, remembered `until` then."""

    digest: bytes
    until: int


@dataclass(frozen=True, kw_only=True)
class StoredRequest:
    """A request waiting for a page to be answered. Its parameters are the real ones: what a
    request object said has been taken in. `shown`: what the page said that the person in the
    session `consented_session_id` allowed; None where an older version took that answer."""

    digest: bytes
    browser_digest: bytes
    client_id: str
    parameters: dict[str, Any]
    authenticated_session_id: str | None
    consented_session_id: str | None
    expires_at: int
    finished_at: int | None
    single_use: SingleUse | None = None
    shown: Shown | None = None
