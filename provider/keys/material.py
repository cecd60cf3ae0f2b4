"""Our own keys as working objects: made, written out for the vault, read back, signing
(RFC 7518 §3, RFC 8037 §3.1). Called by `keyring`. Signing uses `cryptography` directly
with a header serialised once per key and `typ`, because a JOSE library costs as much
again as an ES256 signature. The public part is always derived from the private one, so
that what is published does not depend on a column anybody could edit."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from joserfc.jwk import ECKey, OKPKey, RSAKey

from provider.keys.verification import VerificationKey

RSA_BITS = 2048


@dataclass(frozen=True)
class _Curve:
    """What an algorithm on an elliptic curve needs (RFC 7518 §3.4, §6.2.1)."""

    name: str
    curve: ec.EllipticCurve
    digest: SHA256 | SHA384
    length: int


_CURVES = {
    "ES256": _Curve("P-256", ec.SECP256R1(), SHA256(), 32),
    "ES384": _Curve("P-384", ec.SECP384R1(), SHA384(), 48),
}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def generate(alg: str) -> PrivateKey:
    """Make a key for one algorithm. Randomness is OpenSSL's own: its key generation takes
    no other source."""
    if alg in ("RS256", "PS256"):
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    if alg in _CURVES:
        return ec.generate_private_key(_CURVES[alg].curve)
    if alg == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    raise ValueError(f"no keys for {alg}")


def write(private: PrivateKey) -> bytes:
    """Return the key as PKCS #8, to be sealed."""
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def read(content: bytes) -> PrivateKey:
    """Return the key that `write` wrote. It comes out of the vault, so its numbers need no
    check, which for RSA would cost longer than a hundred signatures."""
    private = load_der_private_key(content, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(
        private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    ):
        raise TypeError("not one of our keys")
    return private


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of a public JWK (RFC 7638 §3)."""
    needed = {name: jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in jwk}
    canonical = orjson.dumps(needed, option=orjson.OPT_SORT_KEYS)
    return encode(sha256(canonical).digest()).decode()


def encode(content: bytes) -> bytes:
    """Return base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(content).rstrip(b"=")


class SigningKey:
    """A private key of ours with its one algorithm, its kid, and its public JWK."""

    def __init__(self, private: PrivateKey, alg: str) -> None:
        members, key = public_members(private)
        self.alg = alg
        self.kid = thumbprint(members)
        self.jwk = {**members, "use": "sig", "alg": alg, "kid": self.kid}
        self.verification_key = VerificationKey(self.kid, alg, key)
        self._sign = _signature(private, alg)
        self._headers: dict[str, bytes] = {}

    def sign(self, typ: str, claims: dict[str, Any]) -> str:
        """Return a JWT of this `typ` in compact form."""
        header = self._headers.get(typ)
        if header is None:
            content = orjson.dumps({"alg": self.alg, "typ": typ, "kid": self.kid})
            header = self._headers[typ] = encode(content) + b"."
        signed = header + encode(orjson.dumps(claims))
        return (signed + b"." + encode(self._sign(signed))).decode("ascii")


def _signature(private: PrivateKey, alg: str) -> Callable[[bytes], bytes]:
    if isinstance(private, rsa.RSAPrivateKey) and alg in ("RS256", "PS256"):
        digest = SHA256()
        pad = padding.PKCS1v15() if alg == "RS256" else padding.PSS(padding.MGF1(digest), 32)
        return lambda message: private.sign(message, pad, digest)
    if isinstance(private, ec.EllipticCurvePrivateKey) and _is_on_curve_of(private, alg):
        ecdsa, length = ec.ECDSA(_CURVES[alg].digest), _CURVES[alg].length

        def sign(message: bytes) -> bytes:
            r, s = decode_dss_signature(private.sign(message, ecdsa))
            return r.to_bytes(length, "big") + s.to_bytes(length, "big")

        return sign
    if isinstance(private, ed25519.Ed25519PrivateKey) and alg == "EdDSA":
        return private.sign
    raise ValueError(f"this key cannot sign {alg}")


def _is_on_curve_of(private: ec.EllipticCurvePrivateKey, alg: str) -> bool:
    return alg in _CURVES and private.curve.name == _CURVES[alg].curve.name


def public_members(private: PrivateKey) -> tuple[dict[str, str], RSAKey | ECKey | OKPKey]:
    """Return the public part of a key, as members of a JWK and ready to use."""
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_key = private.public_key()
        modulus = rsa_key.public_numbers()
        members = {"kty": "RSA", "n": _number(modulus.n), "e": _number(modulus.e)}
        return members, RSAKey.import_key(rsa_key)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        ec_key = private.public_key()
        point = ec_key.public_numbers()
        curve = next(one for one in _CURVES.values() if one.curve.name == private.curve.name)
        members = {
            "kty": "EC",
            "crv": curve.name,
            "x": _number(point.x, curve.length),
            "y": _number(point.y, curve.length),
        }
        return members, ECKey.import_key(ec_key)
    ed_key = private.public_key()
    x = encode(ed_key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x}, OKPKey.import_key(ed_key)


def _number(value: int, length: int | None = None) -> str:
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big")).decode()
