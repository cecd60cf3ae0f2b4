"""The public keys of a client: `jwks`, or what stands at its `jwks_uri` (RFC 7591 §2). Checked
at registration and read by `client_auth.private_key_jwt`. A key that is not understood, or has
an unusual size or use, is passed over (RFC 7517 §5); a set of which nothing is left is refused,
and so is one with a private or a symmetric key. Stricter: each key serves one algorithm
(RFC 8725 §3.1): the one in its `alg`, else the one the client registered, else the usual one of
its type."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeyParameters, OKPKey, RSAKey
from joserfc.util import base64_to_int

from provider.keys.purposes import CLIENT_ASSERTION, one_name
from provider.keys.verification import LONGEST_KID, VerificationKey, VerificationKeys

MOST_KEYS = 20
LONGEST_JWKS = 65536
RSA_BITS = (2048, 4096)
RSA_EXPONENTS = (65537, 2**32)

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_ALGORITHMS = {
    ("RSA", None): ("RS256", "PS256"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
"""The algorithms a key of this type and curve may serve, the usual one first."""
_NONE_TO_VERIFY = "None of the keys is for signatures."


class InvalidClientKeys(Exception):
    """A key set, or one key of it, is of no use. `reason` may be told to the client's
    developer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_client_keys(jwks: Any, *, to_verify: bool = True) -> None:
    """Raise InvalidClientKeys unless `jwks` is a set of public keys.

    `to_verify`: the client signs something, so at least one is for signatures.
    """
    if not _keys(jwks, None) and to_verify:
        raise InvalidClientKeys(_NONE_TO_VERIFY)


def client_keys(jwks: Any, alg: str | None = None) -> VerificationKeys:
    """Return the keys to verify a client's assertions with.

    `alg` is the client's `token_endpoint_auth_signing_alg`. Raises InvalidClientKeys.
    """
    keys = _keys(jwks, alg)
    if not keys:
        raise InvalidClientKeys(_NONE_TO_VERIFY)
    return keys


def _keys(jwks: Any, alg: str | None) -> VerificationKeys:
    try:
        canonical = orjson.dumps(jwks, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError) as error:
        raise InvalidClientKeys("The key set is not JSON.") from error
    if len(canonical) > LONGEST_JWKS:
        raise InvalidClientKeys("The key set is too large.")
    return _read(canonical, alg)


@lru_cache(maxsize=512)
def _read(canonical: bytes, alg: str | None) -> VerificationKeys:
    jwks = orjson.loads(canonical)
    all_keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(all_keys, list) or not all(isinstance(jwk, dict) for jwk in all_keys):
        raise InvalidClientKeys("A key set is an object with a list of keys.")
    if not 0 < len(all_keys) <= MOST_KEYS:
        raise InvalidClientKeys(f"A key set holds 1 to {MOST_KEYS} keys.")
    for jwk in all_keys:
        if jwk.get("kty") == "oct" or _PRIVATE.intersection(jwk):
            raise InvalidClientKeys("Register public keys only, no private or symmetric ones.")
    keys, problems = [], []
    for jwk in all_keys:
        try:
            if _is_for_signatures(members := stated(jwk)):
                keys.append(_read_key(members, alg))
        except InvalidClientKeys as error:
            problems.append(error)
    if len(problems) == len(all_keys):
        raise problems[0]
    return VerificationKeys(keys)


def stated(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that say something: `null` is like leaving one out."""
    return {name: value for name, value in jwk.items() if value is not None}


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list):
        raise InvalidClientKeys("key_ops is a list.")
    if str(jwk.get("alg", "")).startswith(("RSA-OAEP", "RSA1_5", "ECDH-ES")):
        return False
    return jwk.get("use", "sig") == "sig" and "verify" in operations


def _read_key(jwk: Mapping[str, Any], registered: str | None) -> VerificationKey:
    kid = jwk.get("kid")
    if "kid" in jwk and (not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID):
        raise InvalidClientKeys(f"A kid is a string of 1 to {LONGEST_KID} characters.")
    kty, curve = jwk.get("kty"), jwk.get("crv")
    key_type = (kty, None) if kty == "RSA" else (kty, curve)
    if not all(part is None or isinstance(part, str) for part in key_type):
        raise InvalidClientKeys("kty and crv are strings.")
    algorithms = _ALGORITHMS.get(key_type)  # type: ignore[arg-type]
    if algorithms is None:
        raise InvalidClientKeys("Keys are RSA, EC on P-256 or P-384, or Ed25519.")
    alg = jwk.get("alg", registered if registered in algorithms else algorithms[0])
    alg = one_name(alg) if isinstance(alg, str) else alg
    if alg not in algorithms or alg not in CLIENT_ASSERTION.algorithms:
        raise InvalidClientKeys("A key names an algorithm that does not fit it or is not offered.")
    try:
        return VerificationKey(kid, alg, import_public(str(kty), jwk, {"use": "sig"}))
    except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise InvalidClientKeys("A key is malformed or not a point of its curve.") from error


def import_public(
    kty: str, jwk: Mapping[str, Any], about: KeyParameters
) -> RSAKey | ECKey | OKPKey:
    """Return the public key of a JWK; other members are not read.

    Raises InvalidClientKeys, or what the library raises for malformed members.
    """
    if kty == "EC":
        members = {name: jwk[name] for name in ("kty", "crv", "x", "y")}
        return ECKey.import_key(members, about)
    if kty == "OKP":
        members = {name: jwk[name] for name in ("kty", "crv", "x")}
        return OKPKey.import_key(members, about)
    return _import_rsa(jwk, about)


def _import_rsa(jwk: Mapping[str, Any], about: KeyParameters) -> RSAKey:
    """The numbers are judged before any library builds a key from them."""
    modulus, exponent = (base64_to_int(jwk[name]) for name in ("n", "e"))
    fewest, most = RSA_BITS
    if not fewest <= modulus.bit_length() <= most or modulus % 2 == 0:
        raise InvalidClientKeys(f"RSA keys have {fewest} to {most} bits.")
    smallest, largest = RSA_EXPONENTS
    if not smallest <= exponent <= largest or exponent % 2 == 0:
        raise InvalidClientKeys("The RSA exponent is odd and between 65537 and 2^32.")
    return RSAKey.import_key(RSAPublicNumbers(exponent, modulus).public_key(), about)
