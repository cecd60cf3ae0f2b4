"""Pairwise names of accounts (OpenID Connect Core §8.1): the account's id, encrypted by
AES-SIV (RFC 5297) with the sector as associated data. So a name is always the same in one
sector, says nothing in another, and leads back to the account for whoever has the key,
without a table of names. Called by `keyring`, under a key that never changes."""

from base64 import urlsafe_b64decode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from provider.keys.material import encode

KEY_LENGTH = 64
LONGEST = 255
"""ASCII characters of a subject at most (OpenID Connect Core §2)."""


def name(key: bytes, account_id: str, sector: str) -> str:
    """Return the name of an account in a sector."""
    return encode(AESSIV(key).encrypt(account_id.encode(), [sector.encode()])).decode("ascii")


def account_of(key: bytes, pairwise: str, sector: str) -> str | None:
    """Return the account that `name` gave this name, or None."""
    if len(pairwise) > LONGEST or not pairwise.isascii():
        return None
    try:
        content = urlsafe_b64decode(pairwise + "=" * (-len(pairwise) % 4))
        account_id = AESSIV(key).decrypt(content, [sector.encode()]).decode()
    except (InvalidTag, ValueError):
        return None
    # of several spellings in base64url only ours is the name
    return account_id if name(key, account_id, sector) == pairwise else None
