"""Opaque values: what the holder has, and the digest we keep. Each carries 256 random
bits (RFC 6749 §10.10), so a plain SHA-256 is enough at rest, and a constant prefix by which secret
scanners know it. Used by codes, client secrets, session cookies and handles."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

from provider.ambient import Entropy

CODE = "signet_code_"
CLIENT_SECRET = "signet_secret_"
SESSION = "signet_session_"
BROWSER = "signet_browser_"
HANDLE = ""


def new(entropy: Entropy, prefix: str) -> str:
    """Return a new value: `prefix` and 32 random bytes in base64url."""
    return prefix + urlsafe_b64encode(entropy.token_bytes(32)).rstrip(b"=").decode()


def digest(value: str) -> bytes:
    """Return what we keep of `value`."""
    return sha256(value.encode("utf-8", "surrogatepass")).digest()


def is_digest_of(kept: bytes, value: str) -> bool:
    """Compare in constant time."""
    return compare_digest(kept, digest(value))
