"""A client secret as a key: HS256 (RFC 7518 §3.2, OpenID Connect Core §10.1, §16.19). What
we sign so for one client, that client could have written itself; so it is believed of
that client alone, and only by whoever asks for a row of `purposes` that is by secret. There
is no `kid`: a client has at most a few live secrets, and all are tried."""

import hmac
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from joserfc.jwk import OctKey

from provider.keys.material import encode
from provider.keys.purposes import BY_SECRET, Purpose
from provider.keys.verification import InvalidJwt, VerificationKey, VerifiedJwt, verify

SHORTEST = 32
"""Bytes of a secret that is a key: as many as the hash has (RFC 7518 §3.2)."""

(_ALG,) = BY_SECRET


class _Secret:
    """The one key there is; a `kid` would name nothing."""

    def __init__(self, secret: bytes) -> None:
        self._key = VerificationKey(None, _ALG, OctKey.import_key(secret))

    def find(self, kid: str | None, alg: str) -> tuple[VerificationKey, ...]:
        """Return the key."""
        del kid, alg
        return (self._key,)


def sign(purpose: Purpose, claims: Mapping[str, Any], secret: bytes) -> str:
    """Return a JWT of this purpose under `secret`."""
    _check(purpose)
    if len(secret) < SHORTEST:
        raise ValueError(f"a secret that is a key has at least {SHORTEST} bytes")
    header = {"alg": _ALG, "typ": purpose.check_written(claims, _ALG)}
    signed = encode(orjson.dumps(header)) + b"." + encode(orjson.dumps(dict(claims)))
    return (signed + b"." + encode(hmac.digest(secret, signed, "sha256"))).decode("ascii")


def verify_with(
    secrets: Sequence[bytes],
    token: str,
    purpose: Purpose,
    *,
    now: int,
    issuer: str | None = None,
    audience: str | Collection[str] | None = None,
    alg: str | None = None,
) -> VerifiedJwt:
    """Return the content of a token that one of `secrets` made. Raises InvalidJwt."""
    _check(purpose)
    problem = InvalidJwt("there is no secret to verify with")
    for secret in reversed(secrets):
        try:
            key = _Secret(secret)
            return verify(token, purpose, key, now=now, issuer=issuer, audience=audience, alg=alg)
        except InvalidJwt as error:
            problem = error
    raise problem


def _check(purpose: Purpose) -> None:
    if purpose.keys != "secret":
        raise ValueError(f"{purpose.name} is not under a client secret")
