"""Does the sender hold the key its token is bound to? `cnf` of a token (RFC 7800) against what
came with the request: a DPoP proof (RFC 9449 §7) or a client certificate (RFC 8705 §3). Called by
`verifier` after the token itself was found valid.
"""

import hmac

from provider.resource_server.access_token import AccessToken
from provider.resource_server.dpop import DpopProofs
from provider.resource_server.presented import Credential, PresentedRequest
from provider.resource_server.refusal import Headers, Invalid

_KNOWN = {"jkt", "x5t#S256"}


class WrongProof(Exception):
    """The token is in order, the proof of possession is not; the text says why."""


def check(
    token: AccessToken,
    credential: Credential,
    request: PresentedRequest,
    proofs: DpopProofs | None,
    now: float,
) -> Headers:
    """Return headers for the API's answer once every key in `cnf` was proven.

    Raises Invalid where the token may not be used this way, WrongProof, NonceWanted or
    Unavailable. Stricter: a confirmation method not known here is a refusal, because the
    token was meant to be held by somebody.
    """
    confirmation = token.confirmation
    if unknown := set(confirmation) - _KNOWN:
        raise Invalid(f"cnf: {' '.join(sorted(map(ascii, unknown)))} cannot be verified here")
    jkt, thumbprint = confirmation.get("jkt"), confirmation.get("x5t#S256")
    if thumbprint is not None:
        presented = request.thumbprint
        if presented is None or not _same(thumbprint, presented):
            raise Invalid(f"cnf.x5t#S256: expected {thumbprint!r}, found {presented!r}")
    if jkt is None:
        if credential.scheme == "DPoP":
            raise Invalid("cnf.jkt: a token under the DPoP scheme is bound to a key, found none")
        return ()
    if proofs is None or not isinstance(jkt, str):
        raise Invalid("cnf.jkt: the token is bound to a key, and DPoP is not set up here")
    if credential.scheme != "DPoP":
        raise Invalid("cnf.jkt: a token bound to a key came as a bearer token (RFC 9449 §7.2)")
    try:
        return proofs.check(
            request.dpop,
            method=request.method,
            url=request.url,
            token=credential.token,
            jkt=jkt,
            now=now,
        )
    except Invalid as reason:
        raise WrongProof(str(reason)) from None


def _same(one: object, other: str) -> bool:
    return isinstance(one, str) and hmac.compare_digest(
        one.encode("utf-8", "replace"), other.encode("utf-8", "replace")
    )
