"""JSON Web Encryption as an outsider does it: with joserfc and nothing of the provider."""

import json
import warnings
from functools import cache
from typing import Any

from joserfc import jwe
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, KeyParameters, OctKey, RSAKey

from tests.support import jwt

ALGORITHMS = ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
ENCODINGS = ["A128CBC-HS256", "A128GCM", "A256GCM"]


@cache
def key_for(alg: str, name: str = "rp-enc", curve: str = "P-256") -> Key:
    """Return the private key of this name that opens `alg`; the same one in every test."""
    about: KeyParameters = {"kid": f"{name}-{alg}", "alg": alg, "use": "enc"}
    if alg.startswith("RSA"):
        return RSAKey.generate_key(2048, about)
    return ECKey.generate_key(curve, about)


def open_with(token: str, key: Key) -> str:
    """Return what is inside."""
    allowed = [*ALGORITHMS, *ENCODINGS]
    plaintext = jwe.decrypt_compact(token, key, algorithms=allowed).plaintext
    assert plaintext is not None
    return plaintext.decode()


def opened_jwt(token: str, key: Key | None) -> str:
    """Return the JWT inside a nested one, which says that it is nested (RFC 7519 §5.2)."""
    if key is None:
        return token
    header = jwt.header_of(token)
    assert (header["cty"], header["kid"]) == ("JWT", key.get("kid"))
    return open_with(token, key)


def encrypted(content: str, jwk: dict[str, Any] | Key, **header: Any) -> str:
    """Encrypt to anybody, with any header; a parameter given as None is left out."""
    key = jwk
    if isinstance(jwk, dict):
        members = {name: value for name, value in jwk.items() if name not in ("alg", "use")}
        kinds: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "oct": OctKey}
        key = kinds[jwk["kty"]].import_key(members)
        header = {"kid": jwk.get("kid"), **header}
    present = {name: value for name, value in header.items() if value is not None}
    names = {present["alg"], present["enc"], present.get("zip")} - {None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        registry = jwe.JWERegistry(algorithms=sorted(names), strict_check_header=False)
        return jwe.encrypt_compact(present, content, key, registry=registry)  # type: ignore[arg-type]


def claims_in(token: str, key: Key) -> dict[str, Any]:
    """Return the claims of a JWE that holds JSON."""
    found = json.loads(open_with(token, key))
    assert isinstance(found, dict)
    return found
