"""What the master key is used for: subkeys by HKDF-SHA256 (RFC 5869), message
authentication by HMAC-SHA256, and sealing by AES-256-GCM (NIST SP 800-38D). The first
master key is current, the others only open and check what they once sealed, so that the
master key can be changed without an outage. `keyring` seals private keys here. A sealed
value names its master key by a fingerprint, so that a wrong one is told from damage."""

import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from provider.ambient import Entropy

SHORTEST_SECRET_KEY = 32

FINGERPRINT = 8
"""Bytes at the beginning of a sealed value that name the secret key it was sealed under."""

_NONCE, _TAG = 12, 16


class WrongMasterKey(Exception):
    """None of the configured secret keys sealed this value."""


class SealBroken(Exception):
    """The sealed value was altered, or belongs to another context."""


class Vault:
    """Seals, opens and authenticates under the configured secret keys."""

    def __init__(self, secret_keys: Sequence[bytes], entropy: Entropy) -> None:
        if not secret_keys:
            raise ValueError("at least one secret key is needed")
        if any(len(secret) < SHORTEST_SECRET_KEY for secret in secret_keys):
            raise ValueError(f"a secret key has at least {SHORTEST_SECRET_KEY} bytes")
        self._masters = tuple(bytes(secret) for secret in secret_keys)
        self._entropy = entropy
        self._sealing = {
            _subkey(master, "signet fingerprint")[:FINGERPRINT]: AESGCM(
                _subkey(master, "signet seal")
            )
            for master in self._masters
        }
        self._current = next(iter(self._sealing))

    @property
    def fingerprint(self) -> bytes:
        """What values begin with that are sealed under the current secret key."""
        return self._current

    def subkey(self, label: str) -> bytes:
        """Return the 32 bytes that belong to `label` under the current secret key."""
        return _subkey(self._masters[0], "signet label " + label)

    def mac(self, label: str, message: bytes) -> bytes:
        """Return the HMAC-SHA256 of `message` under the subkey of `label`."""
        return hmac.digest(self.subkey(label), message, "sha256")

    def check_mac(self, label: str, message: bytes, mac: bytes) -> bool:
        """Return whether `mac` was made by `mac` under any configured secret key."""
        good = False
        for master in self._masters:
            expected = hmac.digest(_subkey(master, "signet label " + label), message, "sha256")
            good |= hmac.compare_digest(expected, mac)
        return good

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt `plaintext` so that it opens only with the same `context`."""
        nonce = self._entropy.token_bytes(_NONCE)
        bound = self._current + context.encode()
        return (
            self._current + nonce + self._sealing[self._current].encrypt(nonce, plaintext, bound)
        )

    def open(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed. Raises WrongMasterKey, SealBroken."""
        if len(sealed) < FINGERPRINT + _NONCE + _TAG:
            raise SealBroken("A sealed value in the database is cut short.")
        fingerprint = sealed[:FINGERPRINT]
        nonce = sealed[FINGERPRINT : FINGERPRINT + _NONCE]
        sealing = self._sealing.get(fingerprint)
        if sealing is None:
            raise WrongMasterKey(
                "The keys in this database were sealed under another secret key. Set "
                "secret_key to the one this database was created with, or, if you are "
                "changing it, keep the old one beside the new one as a further secret key."
            )
        try:
            return sealing.decrypt(
                nonce, sealed[FINGERPRINT + _NONCE :], fingerprint + context.encode()
            )
        except InvalidTag as error:
            raise SealBroken(
                f"A sealed value in the database was altered or moved ({context})."
            ) from error

    def reseal(self, sealed: bytes, context: str) -> bytes:
        """Return the same secret, sealed under the current secret key. Raises as `open`."""
        return self.seal(self.open(sealed, context), context)


@lru_cache(maxsize=256)
def _subkey(master: bytes, info: str) -> bytes:
    """No salt: the secret keys are random already (RFC 5869 §3.1)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(master)
