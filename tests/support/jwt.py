"""JSON Web Tokens as an outsider reads and forges them: with joserfc directly and nothing of the
provider, so that two readings of RFC 7515 and RFC 7519 meet. Keys are made once per process.
"""

import hmac
import json
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from hashlib import sha256, sha384, sha512
from typing import Any

from joserfc import jws
from joserfc import jwt as joserfc_jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, KeyParameters, KeySet, OKPKey, RSAKey

ALGORITHMS = ["RS256", "ES256", "PS256", "ES384", "EdDSA"]
"""What the provider may sign with."""

Claims = dict[str, Any]


@cache
def key_for(alg: str, name: str = "rp-key") -> Key:
    """Return the private key of this name for `alg`; the same one in every test."""
    about: KeyParameters = {"kid": f"{name}-{alg}", "alg": alg, "use": "sig"}
    if alg in ("RS256", "PS256", "RS512"):
        return RSAKey.generate_key(2048, about)
    if alg in ("EdDSA", "Ed25519"):
        return OKPKey.generate_key("Ed25519", about)
    return ECKey.generate_key({"ES256": "P-256", "ES384": "P-384"}[alg], about)


def public_set(*keys: Key) -> dict[str, Any]:
    """Return the JWK Set to register for a client that holds `keys`."""
    return {"keys": [dict(key.as_dict(private=False)) for key in keys]}


def sign(key: Key, claims: Claims, *, alg: str | None = None, **header: Any) -> str:
    """Return a signed JWT; a header parameter given as None is left out."""
    chosen = alg or str(key.get("alg"))
    fields = {"alg": chosen, "kid": key.get("kid"), "typ": "JWT", **header}
    fields = {name: value for name, value in fields.items() if value is not None}
    return compact(fields, json.dumps(claims).encode(), key)


def compact(header: Claims, payload: bytes, key: Key) -> str:
    """Return a JWS over any bytes."""
    if key.get("alg") != header["alg"]:
        own = key.as_dict(private=True)
        key = type(key).import_key({name: own[name] for name in own if name not in ("alg", "use")})
    registry = jws.JWSRegistry(algorithms=[str(header["alg"])])
    registry.strict_check_header = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jws.serialize_compact(header, payload, key, registry=registry)


def verified(token: str, jwks: Claims, *, algorithms: list[str] | None = None) -> Claims:
    """Return the claims of a JWT whose signature one of `jwks` made."""
    keys = KeySet.import_key_set(jwks)  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        decoded = joserfc_jwt.decode(token, keys, algorithms=algorithms or ALGORITHMS)
    by_kid = {key["kid"]: key for key in jwks["keys"]}
    assert by_kid[decoded.header["kid"]]["alg"] == decoded.header["alg"]
    return dict(decoded.claims)


def verified_by(secret: str, token: str, *, alg: str = "HS256") -> Claims:
    """Return the claims of a JWT under a client secret (OpenID Connect Core §10.1): no `kid`,
    and the octets of the secret are the key."""
    assert alg == "HS256"
    assert len(secret.encode()) >= 32
    assert header_of(token)["alg"] == alg
    assert "kid" not in header_of(token)
    signed, _, signature = token.rpartition(".")
    mac = hmac.digest(secret.encode(), signed.encode("ascii"), "sha256")
    assert hmac.compare_digest(mac, decode(signature))
    return claims_of(token)


def unsigned_claims(token: str) -> Claims:
    """Return the claims of a JWT that says of itself that nobody signed it (RFC 7519 §6)."""
    assert header_of(token)["alg"] == "none"
    assert token.endswith(".")
    return claims_of(token)


def header_of(token: str) -> Claims:
    """Return the header, unverified."""
    return _object(token.split(".")[0])


def claims_of(token: str) -> Claims:
    """Return the claims, unverified."""
    return _object(token.split(".")[1])


def half_hash(alg: str, value: str) -> str:
    """Return `at_hash` or `c_hash` of a value (OpenID Connect Core §3.1.3.6, §3.3.2.11)."""
    digest = {"EdDSA": sha512, "ES384": sha384}.get(alg, sha256)(value.encode()).digest()
    return encode(digest[: len(digest) // 2])


def unsigned(claims: Claims, *, alg: str = "none", **header: Any) -> str:
    """Forge a JWT without a signature."""
    fields = {"alg": alg, "typ": "JWT", **header}
    return f"{encode(json.dumps(fields).encode())}.{encode(json.dumps(claims).encode())}."


def keyed_with(secret: bytes, claims: Claims, **header: Any) -> str:
    """Forge a JWT with HS256 over bytes everybody knows, such as a public key."""
    fields = {"alg": "HS256", "typ": "JWT", **header}
    signed = f"{encode(json.dumps(fields).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{signed}.{encode(hmac.digest(secret, signed.encode(), 'sha256'))}"


def tampered(token: str, **changes: Any) -> str:
    """Forge a JWT by changing claims under the old signature."""
    header, _, signature = token.split(".")
    claims = {**claims_of(token), **changes}
    return f"{header}.{encode(json.dumps(claims).encode())}.{signature}"


def encode(content: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(encoded: str) -> bytes:
    """Return what base64url without padding stands for."""
    return urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


def _object(segment: str) -> Claims:
    found = json.loads(decode(segment))
    assert isinstance(found, dict)
    return found
