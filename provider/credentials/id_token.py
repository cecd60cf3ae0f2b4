"""ID tokens (OpenID Connect Core §2): what happened at sign-in, for the client alone.
Protocol claims only, but for a client that gets nothing else; what a scope reveals about the
person is at UserInfo (§5.4), so that nothing personal travels where it was not asked for."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256, sha384, sha512
from typing import Any

from provider.context import Context
from provider.credentials import encrypting, sid, signing
from provider.keys.purposes import ID_TOKEN
from provider.model.authorization import Authorization
from provider.model.client import Client

_HALF_HASH = {
    "RS256": sha256,
    "PS256": sha256,
    "ES256": sha256,
    "ES384": sha384,
    "EdDSA": sha512,
    "HS256": sha256,
}
"""The hash each signature algorithm names; Ed25519 is built on SHA-512 (RFC 8032 §5.1).
`none` names no hash, and then there is nothing to compare with (§3.1.3.6)."""


def issue(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    *,
    subject: str,
    access_token: str | None,
    nonce: str | None,
    code: str | None = None,
    state: str | None = None,
    revealed: Mapping[str, Any] | None = None,
) -> str:
    """Return an ID token that names the access token, code and `state` it comes with: signed,
    and encrypted where the client registered that.

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
    for name, value in (("at_hash", access_token), ("c_hash", code), ("s_hash", state)):
        if value is not None and algorithm in _HALF_HASH:
            claims[name] = half_hash(algorithm, value)
    if authentication is not None:
        claims["auth_time"] = authentication.auth_time
        claims["acr"] = authentication.acr
        claims["amr"] = list(authentication.amr)
    if authorization.session_id is not None and client.hears_of_logout:
        claims["sid"] = sid.of(authorization.session_id, client)
    if nonce is not None:
        claims["nonce"] = nonce
    return encrypting.for_client(
        ctx,
        client,
        signing.sign_for(ctx, client, ID_TOKEN, claims, algorithm),
        client.id_token_encrypted_response_alg,
        client.id_token_encrypted_response_enc,
    )


def half_hash(algorithm: str, value: str) -> str:
    """Return the left half of the hash of `value` (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""
    digest = _HALF_HASH[algorithm](value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
