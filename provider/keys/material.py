"""Our own keys as working objects: made, written out for the vault, read back, signing
(RFC 7518 §3, RFC 8037 §3.1). Called by `keyring`. Signing uses `cryptography` directly
with a header serialised once per key and `typ`, because a JOSE library costs as much
again as an ES256 signature. The public part is always derived from the private one, so
that what is published does not depend on a column anybody could edit."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
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

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def generate(alg: str) -> PrivateKey:
    """Make a key for one algorithm. Randomness is OpenSSL's own: its key generation takes
    no other source."""
    if alg in ("RS256", "PS256"):
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
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
        public_members, key = _public(private)
        self.alg = alg
        self.kid = thumbprint(public_members)
        self.jwk = {**public_members, "use": "sig", "alg": alg, "kid": self.kid}
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
    digest = SHA256()
    if isinstance(private, rsa.RSAPrivateKey) and alg in ("RS256", "PS256"):
        pad = padding.PKCS1v15() if alg == "RS256" else padding.PSS(padding.MGF1(digest), 32)
        return lambda message: private.sign(message, pad, digest)
    if isinstance(private, ec.EllipticCurvePrivateKey) and alg == "ES256":
        ecdsa = ec.ECDSA(digest)

        def sign(message: bytes) -> bytes:
            r, s = decode_dss_signature(private.sign(message, ecdsa))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")

        return sign
    if isinstance(private, ed25519.Ed25519PrivateKey) and alg == "EdDSA":
        return private.sign
    raise ValueError(f"this key cannot sign {alg}")


def _public(private: PrivateKey) -> tuple[dict[str, str], RSAKey | ECKey | OKPKey]:
    if isinstance(private, rsa.RSAPrivateKey):
        rsa_key = private.public_key()
        modulus = rsa_key.public_numbers()
        members = {"kty": "RSA", "n": _number(modulus.n), "e": _number(modulus.e)}
        return members, RSAKey.import_key(rsa_key)
    if isinstance(private, ec.EllipticCurvePrivateKey):
        ec_key = private.public_key()
        point = ec_key.public_numbers()
        members = {
            "kty": "EC",
            "crv": "P-256",
            "x": _number(point.x, 32),
            "y": _number(point.y, 32),
        }
        return members, ECKey.import_key(ec_key)
    ed_key = private.public_key()
    x = encode(ed_key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x}, OKPKey.import_key(ed_key)


def _number(value: int, length: int | None = None) -> str:
    return encode(value.to_bytes(length or (value.bit_length() + 7) // 8, "big")).decode()
