"""Tokens as an attacker or a careless client would make them, byte by byte, without the
code under test."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512

from provider.keys.material import PrivateKey, SigningKey, generate
from provider.keys.purposes import ACCESS_TOKEN, Purpose
from provider.keys.verification import VerificationKeys, VerifiedJwt, verify

NOW = 1_800_000_000
ISSUER = "https://signet.example"
API = "https://api.example"
DAY = 86400


class StatedClock:
    """Tells the time it was told."""

    def __init__(self, time: int = NOW) -> None:
        self.time = time

    def now(self) -> int:
        return self.time


class CountedEntropy:
    """Different bytes each time, the same in each run."""

    def __init__(self, seed: str = "") -> None:
        self.seed = seed
        self.draws = 0

    def token_bytes(self, length: int) -> bytes:
        self.draws += 1
        blocks = (sha256(f"{self.seed} {self.draws} {n}".encode()).digest() for n in range(9))
        return b"".join(blocks)[:length]


def b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def as_json(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def compact(header: Any, payload: Any, sign: Callable[[bytes], bytes]) -> str:
    signed = f"{b64(as_json(header))}.{b64(as_json(payload))}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def sign_as(alg: str, private: PrivateKey) -> Callable[[bytes], bytes]:
    """Return what signs `alg` with this key, whether or not it should."""

    def sign(message: bytes) -> bytes:
        if isinstance(private, rsa.RSAPrivateKey):
            if alg.startswith("PS"):
                return private.sign(message, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
            digest = SHA512() if alg == "RS512" else SHA256()
            return private.sign(message, padding.PKCS1v15(), digest)
        if isinstance(private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert isinstance(private, ed25519.Ed25519PrivateKey)
        return private.sign(message)

    return sign


def access_claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good access token, changed; None removes."""
    claims = {
        "iss": ISSUER,
        "sub": "someone",
        "aud": API,
        "client_id": "app",
        "iat": NOW,
        "exp": NOW + 600,
        "jti": "once",
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


@dataclass
class Own:
    """A key pair of ours that tests may sign anything with."""

    private: PrivateKey
    key: SigningKey

    @classmethod
    def make(cls, alg: str) -> "Own":
        private = generate(alg)
        return cls(private, SigningKey(private, alg))

    def header(self, **changes: Any) -> dict[str, Any]:
        header = {"alg": self.key.alg, "typ": "at+jwt", "kid": self.key.kid} | changes
        return {name: value for name, value in header.items() if value is not None}

    def token(self, header: Any = None, claims: Any = None, alg: str | None = None) -> str:
        header = self.header() if header is None else header
        claims = access_claims() if claims is None else claims
        return compact(header, claims, sign_as(alg or self.key.alg, self.private))

    def check(self, token: str, purpose: Purpose = ACCESS_TOKEN, **options: Any) -> VerifiedJwt:
        keys = VerificationKeys([self.key.verification_key])
        defaults: dict[str, Any] = {"now": NOW, "issuer": ISSUER, "audience": API}
        return verify(token, purpose, keys, **defaults | options)
