"""Forged JSON Web Tokens, as security reports describe them, made from what everybody can have: a
genuine token to copy and the published keys. One list, tried at every door that takes a JWT.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support import jwt

Claims = Mapping[str, Any]
Forge = Callable[[str, Claims], str]
"""Makes a forgery of a genuine token with the public JWK it can be verified with."""

NONE_SPELLINGS = ("none", "None", "NONE", "nOnE", "")
ODD_KIDS = {
    "path": "../../../../dev/null",
    "sql": "x' UNION SELECT 'key' --",
    "empty": "",
    "10 kB": "k" * 10_240,
    "list": ["a", "b"],
    "number": 7,
    "nul": "\x00",
}


def _unsigned(alg: str, *, keep_signature: bool) -> Forge:
    def forge(genuine: str, _jwk: Claims) -> str:
        header = {**jwt.header_of(genuine), "alg": alg}
        forged = _joined(header, jwt.claims_of(genuine))
        return forged + (genuine.rsplit(".", 1)[1] if keep_signature else "")

    return forge


def _keyed_with_public(shape: str) -> Forge:
    def forge(genuine: str, jwk: Claims) -> str:
        header = {name: value for name, value in jwt.header_of(genuine).items() if name != "alg"}
        return jwt.keyed_with(_public_bytes(jwk, shape), jwt.claims_of(genuine), **header)

    return forge


def _public_bytes(jwk: Claims, shape: str) -> bytes:
    if shape == "jwk":
        return json.dumps(dict(jwk)).encode()
    if shape == "member":
        return jwt.decode(jwk.get("n") or jwk["x"])
    if shape == "empty":
        return b""
    kinds: dict[str, type[RSAKey | ECKey | OKPKey]]
    kinds = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    kind = kinds[jwk["kty"]]
    public = kind.import_key({**jwk}).public_key
    encoding = Encoding.PEM if shape == "pem" else Encoding.DER
    return bytes(public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))


def _by_stranger(**header: Any) -> Forge:
    """Sign with a key of the forger's own, and try to bring it along."""

    def forge(genuine: str, _jwk: Claims) -> str:
        original = jwt.header_of(genuine)
        key = jwt.key_for(original["alg"], "stranger")
        told = {
            name: key.as_dict(private=False) if value == "own key" else value
            for name, value in header.items()
        }
        return jwt.sign(key, jwt.claims_of(genuine), **{**original, **told})

    return forge


def _with_header(**changes: Any) -> Forge:
    """Change the header under the old signature."""

    def forge(genuine: str, _jwk: Claims) -> str:
        header = {**jwt.header_of(genuine), **changes}
        return _joined(header, jwt.claims_of(genuine)) + genuine.rsplit(".", 1)[1]

    return forge


def _without_kid(genuine: str, _jwk: Claims) -> str:
    header = {name: value for name, value in jwt.header_of(genuine).items() if name != "kid"}
    return _joined(header, jwt.claims_of(genuine)) + genuine.rsplit(".", 1)[1]


def _another_subject(genuine: str, _jwk: Claims) -> str:
    return jwt.tampered(genuine, sub="somebody-else")


def _compressed(genuine: str, _jwk: Claims) -> str:
    header = jwt.encode(json.dumps({**jwt.header_of(genuine), "zip": "DEF"}).encode())
    bomb = jwt.encode(zlib.compress(b" " * 4_000_000)[2:-4])
    return f"{header}.{bomb}.{genuine.rsplit('.', 1)[1]}"


def _encrypted(genuine: str, _jwk: Claims) -> str:
    told = {"alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2c": 2**31 - 1, "p2s": "c2FsdA"}
    return jwt.encode(json.dumps(told).encode()) + ".AA.AA.AA.AA"


def _of_segments(change: Callable[[list[str]], list[str]]) -> Forge:
    return lambda genuine, _jwk: ".".join(change(genuine.split(".")))


def _joined(header: Claims, claims: Claims) -> str:
    parts = (jwt.encode(json.dumps(one).encode()) for one in (header, claims))
    return ".".join((*parts, ""))


FORGERIES: dict[str, Forge] = {
    **{
        f"alg {alg!r}, {'old' if kept else 'no'} signature": _unsigned(alg, keep_signature=kept)
        for alg in NONE_SPELLINGS
        for kept in (False, True)
    },
    **{
        f"HS256 keyed with the public key as {shape}": _keyed_with_public(shape)
        for shape in ("pem", "der", "member", "jwk", "empty")
    },
    "signed by a stranger under our kid": _by_stranger(),
    "signed by a stranger under its own kid": _by_stranger(kid="stranger"),
    "signed by a stranger without a kid": _by_stranger(kid=None),
    "key in the header": _by_stranger(jwk="own key"),
    "certificate in the header": _by_stranger(x5c=["AAAA"]),
    "address of a key set": _by_stranger(jku="http://127.0.0.1:9/jwks"),
    "address of a certificate": _by_stranger(x5u="http://127.0.0.1:9/cert"),
    **{f"kid: {name}": _with_header(kid=kid) for name, kid in ODD_KIDS.items()},
    "no kid": _without_kid,
    "unknown crit": _with_header(crit=["exotic"], exotic=1),
    "crit b64": _with_header(crit=["b64"], b64=False),
    "b64 false": _with_header(b64=False),
    **{f"alg changed to {alg}": _with_header(alg=alg) for alg in ("PS256", "RS512", "ES384")},
    "another subject under the old signature": _another_subject,
    "compressed": _compressed,
    "encrypted with a huge work factor": _encrypted,
    "a segment of 1 MB": _of_segments(lambda parts: [parts[0], "A" * 1_000_000, parts[2]]),
    "no signature at all": _of_segments(lambda parts: parts[:2]),
    "one segment too many": _of_segments(lambda parts: [*parts, parts[2]]),
    "a character of the signature changed": _of_segments(
        lambda parts: [*parts[:2], ("B" if parts[2][0] == "A" else "A") + parts[2][1:]]
    ),
}
"""By what is forged."""
