"""Tokens as a test wants them: genuine ones of the provider with claims changed and signed anew,
so also those that no provider issues and every API must refuse. Each begins as a token that the
endpoints issued, so what is not changed is as it is in production."""

from base64 import urlsafe_b64encode
from typing import Any, Literal

import orjson

from provider.context import Provider
from provider.keys import material
from provider.keys.material import SigningKey
from provider.keys.purposes import ACCESS_TOKEN, ID_TOKEN

Kind = Literal["access_token", "id_token"]
Signer = Literal["provider", "stranger", "impostor", "nobody"]
"""Whose key signs: the provider's; one that nobody published; the same under the name (`kid`) of
the provider's; or none at all."""

_PURPOSES = {"access_token": ACCESS_TOKEN, "id_token": ID_TOKEN}


def mint(
    provider: Provider,
    claims: dict[str, Any],
    *,
    kind: Kind = "access_token",
    signed_by: Signer = "provider",
    alg: str | None = None,
    typ: str | None = None,
) -> str:
    """Return a JWT with these claims. `alg` and `typ`: else those of tokens of this kind."""
    purpose = _PURPOSES[kind]
    typ = typ or str(purpose.typ)
    if signed_by == "nobody":
        segments = ({"alg": "none", "typ": typ}, claims)
        encoded = (urlsafe_b64encode(orjson.dumps(one)).rstrip(b"=") for one in segments)
        return b".".join((*encoded, b"")).decode()
    keys = provider.settings.keys
    alg = alg or (keys.access_token_alg if kind == "access_token" else purpose.algorithms[0])
    own = provider.keyring.snapshot(provider.clock.now()).signing[alg]
    if signed_by == "provider":
        return own.sign(typ, claims)
    other = SigningKey(material.generate(alg), alg)
    if signed_by == "impostor":
        other.kid = own.kid
    return other.sign(typ, claims)


def changed(
    claims: dict[str, Any], changes: dict[str, Any], *, now: int, lifetime: int | None
) -> dict[str, Any]:
    """Return claims with others in their places; None leaves one out. A `lifetime` counts from
    `now`; with a negative one the token was issued before it expired."""
    changes = dict(changes)
    if lifetime is not None:
        life = claims["exp"] - claims["iat"]
        issued = now if lifetime > 0 else now + lifetime - life
        changes = {"iat": issued, "exp": now + lifetime, **changes}
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}
