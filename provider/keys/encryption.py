"""JSON Web Encryption both ways (RFC 7516, RFC 7518 §4, §5): to a key of a client, called by
`credentials.encrypting`, and with a key of ours, called by `keyring`. RSA1_5, `dir`, the
other symmetric algorithms and compression are in no list here, so they are never written
nor read. The key is chosen by what is registered or by our own kid; a header brings none.
Content keys and ephemeral keys are OpenSSL's own randomness, as with key generation."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from provider.keys.client_keys import InvalidClientKeys, import_public, stated
from provider.keys.material import RSA_BITS, PrivateKey, public_members, thumbprint
from provider.keys.verification import LONGEST_KID, InvalidJwt

RSA, AGREEMENT = "RSA-OAEP-256", "ECDH-ES"
ALGORITHMS = (RSA, AGREEMENT, "ECDH-ES+A128KW", "ECDH-ES+A256KW")
ENCODINGS = ("A128CBC-HS256", "A128GCM", "A256GCM")
DEFAULT_ENC = ENCODINGS[0]
"""What a client that names no `enc` gets (OpenID Connect Dynamic Client Registration §2)."""

LONGEST_HEADER, LONGEST_CONTENT = 4096, 98304
_CURVES = {"EC": ("P-256", "P-384", "P-521"), "OKP": ("X25519",)}
_OPERATIONS = {"encrypt", "wrapKey", "deriveKey", "deriveBits"}
_SPOILED = (
    *(JoseError, ValueError, TypeError, LookupError, ArithmeticError, AssertionError),
    *(AttributeError, RecursionError),
)


class NoEncryptionKey(Exception):
    """The client has registered no key that fits the algorithm."""


class _Registry(JWERegistry):
    """joserfc with our limits and our algorithms; unknown members are ignored."""

    max_protected_header_length = LONGEST_HEADER
    max_ciphertext_length = LONGEST_CONTENT

    def __init__(self) -> None:
        super().__init__(algorithms=[*ALGORITHMS, *ENCODINGS], strict_check_header=False)


_REGISTRY = _Registry()


class DecryptionKey:
    """A private key of ours that opens what others encrypt to us, and its public JWK.

    Choice: the EC key's JWK names no `alg`, because it serves every way of key agreement
    (RFC 7517 §4.4); `family` is RSA or AGREEMENT.
    """

    def __init__(self, private: PrivateKey, family: str) -> None:
        members, _ = public_members(private)
        self.family = family
        self.kid = thumbprint(members)
        self.jwk = {**members, "use": "enc", "kid": self.kid}
        if family == RSA:
            self.jwk["alg"] = RSA
        self.key = _private(private)

    def open(self, token: str) -> bytes:
        """Return what is inside a JWE that was encrypted to this key. Raises InvalidJwt."""
        try:
            return jwe.decrypt_compact(token, self.key, registry=_REGISTRY).plaintext or b""
        except _SPOILED as error:
            raise InvalidJwt("cannot be decrypted") from error


def _private(private: PrivateKey) -> RSAKey | ECKey:
    if isinstance(private, rsa.RSAPrivateKey):
        return RSAKey.import_key(private, {"use": "enc"})
    if isinstance(private, ed25519.Ed25519PrivateKey):
        raise TypeError("this key cannot decrypt")
    return ECKey.import_key(private, {"use": "enc"})


def family_for(alg: str) -> str:
    """Return which of our keys `alg` is used with."""
    return RSA if alg == RSA else AGREEMENT


def generate(family: str) -> PrivateKey:
    """Make a key to be encrypted to. Randomness is OpenSSL's own."""
    if family == RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def encrypt(
    content: str, jwks: Any, alg: str, enc: str, *, typ: str | None, cty: str | None
) -> str:
    """Return `content` for the holder of one of `jwks`. Raises NoEncryptionKey."""
    if alg not in ALGORITHMS or enc not in ENCODINGS:
        raise NoEncryptionKey(f"{alg} with {enc} is not offered")
    kid, key = _recipient(jwks, alg)
    header = {"alg": alg, "enc": enc, "typ": typ, "cty": cty, "kid": kid}
    present = {name: value for name, value in header.items() if value is not None}
    return jwe.encrypt_compact(present, content, key, registry=_REGISTRY)


def has_recipient(jwks: Any, alg: str) -> bool:
    """Return whether one of `jwks` can be encrypted to with `alg`."""
    try:
        _recipient(jwks, alg)
    except NoEncryptionKey:
        return False
    return True


def _recipient(jwks: Any, alg: str) -> tuple[str | None, RSAKey | ECKey | OKPKey]:
    """Return the first key that says it is for encryption, else the first that may be."""
    members = jwks.get("keys") if isinstance(jwks, dict) else None
    known = [stated(jwk) for jwk in members or () if isinstance(jwk, dict)]
    fitting = [jwk for jwk in known if _fits(jwk, alg)]
    for jwk in sorted(fitting, key=lambda jwk: "use" not in jwk):
        try:
            key = import_public(str(jwk["kty"]), jwk, {"use": "enc"})
        except (InvalidClientKeys, *_SPOILED):
            continue
        kid = jwk.get("kid")
        return (kid if isinstance(kid, str) else None), key
    raise NoEncryptionKey(f"none of its {len(members or ())} keys is for {alg}")


def _fits(jwk: Mapping[str, Any], alg: str) -> bool:
    kty, operations = jwk.get("kty"), jwk.get("key_ops")
    if jwk.get("use", "enc") != "enc" or jwk.get("alg", alg) != alg:
        return False
    if isinstance(operations, list) and operations and not _OPERATIONS & set(map(str, operations)):
        return False
    if alg == RSA:
        return kty == "RSA"
    return isinstance(kty, str) and jwk.get("crv") in _CURVES.get(kty, ())


def decrypt(token: str, keys: Iterable[DecryptionKey]) -> str:
    """Return what is inside a JWE that was encrypted to one of `keys`, newest first.

    Once a key is used, there is one reason for whatever goes wrong, so that nobody learns
    from us which step it was (RFC 7516 §11.5). Raises InvalidJwt.
    """
    if len(token) > 2 * LONGEST_CONTENT or not token.isascii() or token.count(".") != 4:
        raise InvalidJwt("not a JWE, or too long")
    alg, kid = _read_header(token)
    for key in keys:
        if key.family == family_for(alg) and kid in (None, key.kid):
            with suppress(InvalidJwt, UnicodeDecodeError):
                return key.open(token).decode("ascii")
    raise InvalidJwt("cannot be decrypted")


def _read_header(token: str) -> tuple[str, str | None]:
    try:
        encoded = token.split(".")[0]
        header = orjson.loads(urlsafe_b64decode(encoded[: LONGEST_HEADER + 1].encode()))
    except _SPOILED as error:
        raise InvalidJwt("malformed JWE header") from error
    if not isinstance(header, dict):
        raise InvalidJwt("the JWE header is not an object")
    if "crit" in header or "zip" in header:
        raise InvalidJwt("compressed, or a critical extension")
    alg, enc, kid = header.get("alg"), header.get("enc"), header.get("kid")
    if alg not in ALGORITHMS or enc not in ENCODINGS:
        raise InvalidJwt("encryption algorithm not allowed")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID):
        raise InvalidJwt("malformed kid")
    return alg, kid
