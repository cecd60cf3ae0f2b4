"""Tokens that say nothing to who holds them: claims sealed by AES-256-GCM (NIST SP 800-38D)
instead of signed, so that an opaque token needs no row. Each is under a key of its own,
derived from a derivation key and 128 random bits, so that the nonce can be constant and no
key is used twice. The token names the derivation key; the name and the kind are bound to it.
Used by `credentials.access_token`, for audiences that ask about every token anyway."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provider.ambient import Entropy
from provider.keys.keyring import Keyring
from provider.keys.purposes import Purpose
from provider.keys.verification import InvalidJwt, check_claims

LONGEST = 16 * 1024

_SALT, _TAG = 16, 16
_NONCE = bytes(12)


def seal(
    keyring: Keyring,
    entropy: Entropy,
    purpose: Purpose,
    claims: Mapping[str, Any],
    *,
    prefix: str,
    now: int,
) -> str:
    """Return an opaque token of this purpose that begins with `prefix`. Raises NoActiveKey."""
    kid = keyring.active_derivation_kid(now)
    salt = entropy.token_bytes(_SALT)
    sealing = AESGCM(_key(keyring, kid, purpose, salt) or b"")
    sealed = sealing.encrypt(_NONCE, orjson.dumps(claims), _bound(prefix, kid))
    return f"{prefix}{kid}.{urlsafe_b64encode(salt + sealed).rstrip(b'=').decode()}"


def open_sealed(
    keyring: Keyring, token: str, purpose: Purpose, *, prefix: str, issuer: str, now: int
) -> dict[str, Any]:
    """Return the claims of a genuine token that is valid `now`. Asks no database.

    Raises InvalidJwt.
    """
    if not token.startswith(prefix) or len(token) > LONGEST or not token.isascii():
        raise InvalidJwt("not an opaque token")
    kid, _, encoded = token.removeprefix(prefix).partition(".")
    try:
        content = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (NotBase64, ValueError):
        raise InvalidJwt("not base64url") from None
    if urlsafe_b64encode(content).rstrip(b"=").decode() != encoded:
        raise InvalidJwt("another spelling")
    salt, sealed = content[:_SALT], content[_SALT:]
    key = _key(keyring, kid, purpose, salt)
    if key is None or len(sealed) < _TAG:
        raise InvalidJwt("unknown key, or cut short")
    try:
        claims: dict[str, Any] = orjson.loads(
            AESGCM(key).decrypt(_NONCE, sealed, _bound(prefix, kid))
        )
    except InvalidTag:
        raise InvalidJwt("not sealed by us") from None
    check_claims(claims, purpose, now)
    if claims.get("iss") != issuer:
        raise InvalidJwt("another issuer")
    return claims


def _key(keyring: Keyring, kid: str, purpose: Purpose, salt: bytes) -> bytes | None:
    return keyring.derive_with(kid, b"sealed " + purpose.name.encode() + b"\0" + salt)


def _bound(prefix: str, kid: str) -> bytes:
    return f"{prefix}{kid}".encode("ascii")
