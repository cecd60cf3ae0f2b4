"""Proof Key for Code Exchange (RFC 7636) with S256 and nothing else: `plain` and a
missing method are refused (RFC 9700 §2.1.1). Whether a challenge is due depends on the
client and the profile; a public client always needs one."""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

from provider.context import Context
from provider.errors import InvalidGrant, InvalidRequest
from provider.http import Parameters
from provider.model.authorization_request import AuthorizationRequest
from provider.model.client import Client
from provider.parts import Metadata
from provider.roles import AuthorizationCheck

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


def is_required(ctx: Context, client: Client) -> bool:
    """Return whether this client must send a challenge.

    Choice: the profile `oauth21` asks it of everyone, the others of public clients only;
    for a confidential client the operator may decide otherwise.
    """
    if client.is_public:
        return True
    if client.policy.require_pkce is not None:
        return client.policy.require_pkce
    return ctx.settings.profile == "oauth21"


class CodeChallenge(AuthorizationCheck):
    """A code challenge is S256, well formed, and present where a code requires it."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Parameters) -> None:
        """Raise InvalidRequest where the challenge is not as it must be (RFC 7636 §4.4.1)."""
        method = parameters.get("code_challenge_method")
        if request.code_challenge is None:
            if method is not None:
                raise InvalidRequest("code_challenge_method is given without code_challenge.")
            if "code" in request.returns and is_required(ctx, request.client):
                raise InvalidRequest("A code_challenge is required (PKCE with S256).")
            return
        if method != "S256":
            raise InvalidRequest("code_challenge_method must be S256.")
        if not _CHALLENGE.match(request.code_challenge):
            raise InvalidRequest("The code_challenge is not a base64url SHA-256 value.")

    def metadata(self, issuer: str) -> Metadata:
        """Return the one method."""
        del issuer
        return {"code_challenge_methods_supported": ["S256"]}


def verify(challenge: str | None, verifier: str | None) -> None:
    """Check the verifier of a token request against the challenge of its code.

    Raises InvalidRequest where one is there without the other (the second against the
    downgrade of RFC 9700 §4.8.2) or the verifier is malformed, InvalidGrant where they
    do not belong together (RFC 7636 §4.6).
    """
    if verifier is not None and not _VERIFIER.match(verifier):
        raise InvalidRequest("The code_verifier is not 43 to 128 unreserved characters.")
    if challenge is None:
        if verifier is not None:
            raise _mismatch("A code_verifier is given, but the request had no code_challenge.")
        return
    if verifier is None:
        raise _mismatch("The code_verifier is missing.")
    derived = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    if not compare_digest(derived, challenge):
        raise _mismatch("The code_verifier does not match the code_challenge.")


def _mismatch(description: str) -> InvalidGrant:
    return InvalidGrant(description, counted_as="verifier_mismatch")
