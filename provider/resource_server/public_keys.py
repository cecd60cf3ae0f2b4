"""Public keys ready to verify: one key, one algorithm, one call (RFC 8725 §3.1, §3.3).

joserfc reads a JWK; the signature is verified by cryptography directly, because that is what
the time of a warm verification goes to. Called by `issuer_keys` and `dpop`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from provider.resource_server.purposes import ASYMMETRIC, one_name

Check = Callable[[bytes, bytes], None]
"""Takes a signature and what was signed. Raises InvalidSignature."""

_KINDS: dict[str, type[RSAKey | ECKey | OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_LEAST_RSA_BITS, _MOST_RSA_BITS = 2048, 8192
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_CURVES: dict[str, tuple[type[ec.EllipticCurve], HashAlgorithm, int]] = {
    "ES256": (ec.SECP256R1, SHA256(), 32),
    "ES384": (ec.SECP384R1, SHA384(), 48),
}
_PKCS1 = padding.PKCS1v15()
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
_SHA256 = SHA256()


class Unusable(Exception):
    """A JWK that verifies nothing here; the text says why."""


@dataclass(frozen=True)
class PublicKey:
    """A key that verifies signatures of `alg` alone. `check` raises InvalidSignature."""

    alg: str
    check: Check
    thumbprint: str


def read(jwk: Mapping[str, Any], alg: str | None = None) -> PublicKey:
    """Return the key that `jwk` is, for `alg` or for the algorithm it names itself.

    Raises Unusable, also for a private key: whoever publishes one has lost it. Choice: an RSA
    key that names no algorithm is for RS256, so that every key has exactly one.
    """
    kind = _KINDS.get(str(jwk.get("kty")))
    if kind is None or any(name in jwk for name in _PRIVATE):
        raise Unusable(f"kty {jwk.get('kty')!r} is not a public key of a kind known here")
    if jwk.get("use", "sig") != "sig" or "verify" not in jwk.get("key_ops", ["verify"]):
        raise Unusable("the key is not for signatures")
    if kind is RSAKey and not _LEAST_RSA_BITS <= len(str(jwk.get("n"))) * 6 <= _MOST_RSA_BITS + 16:
        raise Unusable(f"an RSA key of fewer than {_LEAST_RSA_BITS} bits, or of too many")
    try:
        members = {name: value for name, value in jwk.items() if isinstance(value, str)}
        imported = kind.import_key(cast("Any", members))
        native, thumbprint = imported.public_key, imported.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise Unusable(f"the key cannot be read: {type(error).__name__}") from None
    own = _algorithm_of(native, jwk.get("alg"))
    if alg is not None and own != one_name(alg):
        if jwk.get("alg") is not None or (own, alg) != ("RS256", "PS256"):
            raise Unusable(f"the key is for {own}, not for {alg}")
        own = alg
    return PublicKey(own, _check_of(own, native), thumbprint)


def _algorithm_of(native: object, named: object) -> str:
    """Return the one algorithm of a key, which `named` must not contradict."""
    possible: tuple[str, ...] = ()
    if isinstance(native, rsa.RSAPublicKey):
        if not _LEAST_RSA_BITS <= native.key_size <= _MOST_RSA_BITS:
            raise Unusable(f"an RSA key of {native.key_size} bits")
        possible = ("RS256", "PS256")
    elif isinstance(native, ec.EllipticCurvePublicKey):
        curve = type(native.curve)
        possible = tuple(alg for alg, (known, _, _) in _CURVES.items() if known is curve)
    elif isinstance(native, ed25519.Ed25519PublicKey):
        possible = ("EdDSA",)
    if not possible:
        raise Unusable("a curve not known here")
    if named is None:
        return possible[0]
    alg = one_name(named) if isinstance(named, str) else ""
    if alg not in possible or alg not in ASYMMETRIC:
        raise Unusable("the key's alg does not fit the key")
    return alg


def _check_of(alg: str, native: object) -> Check:
    if isinstance(native, ec.EllipticCurvePublicKey):
        return _elliptic(native, *_CURVES[alg][1:])
    if isinstance(native, rsa.RSAPublicKey):
        verify, padded = native.verify, _PKCS1 if alg == "RS256" else _PSS
        return lambda signature, signed: verify(signature, signed, padded, _SHA256)
    return cast("ed25519.Ed25519PublicKey", native).verify


def _elliptic(native: ec.EllipticCurvePublicKey, digest: HashAlgorithm, half: int) -> Check:
    """JWS has the two numbers side by side (RFC 7518 §3.4), cryptography takes DER."""
    verify, signing = native.verify, ec.ECDSA(digest)

    def check(signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * half:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        verify(encode_dss_signature(r, s), signed, signing)

    return check
