"""ID tokens (OpenID Connect Core §2): what happened at sign-in, for the client alone.
Protocol claims only, but for a client that gets nothing else; what a scope reveals about the
person is at UserInfo (§5.4), so that nothing personal travels where it was not asked for."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256, sha512
from typing import Any

from provider.context import Context
from provider.keys.purposes import ID_TOKEN
from provider.model.authorization import Authorization
from provider.model.client import Client

_HALF_HASH = {"RS256": sha256, "PS256": sha256, "ES256": sha256, "EdDSA": sha512}
"""The hash each signature algorithm names; Ed25519 is built on SHA-512 (RFC 8032 §5.1)."""


def issue(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    *,
    subject: str,
    access_token: str | None,
    nonce: str | None,
    code: str | None = None,
    revealed: Mapping[str, Any] | None = None,
) -> str:
    """Return a signed ID token that names the access token and the code it comes with.

    `nonce` is echoed from the authorization request; a refresh has none
    (OpenID Connect Core §12.2). `revealed`: claims about the person.
    """
    algorithm = client.id_token_signed_response_alg
    authentication = authorization.authentication
    claims: dict[str, object] = {
        **(revealed or {}),
        "iss": ctx.issuer,
        "sub": subject,
        "aud": client.client_id,
        "iat": ctx.now,
        "exp": ctx.now + ctx.settings.lifetimes.id_token,
    }
    if access_token is not None:
        claims["at_hash"] = half_hash(algorithm, access_token)
    if code is not None:
        claims["c_hash"] = half_hash(algorithm, code)
    if authentication is not None:
        claims["auth_time"] = authentication.auth_time
        claims["acr"] = authentication.acr
        claims["amr"] = list(authentication.amr)
    if nonce is not None:
        claims["nonce"] = nonce
    return ctx.keyring.sign(ID_TOKEN, claims, ctx.now, alg=algorithm)


def half_hash(algorithm: str, value: str) -> str:
    """Return the left half of the hash of `value` (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""
    digest = _HALF_HASH[algorithm](value.encode("ascii")).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
