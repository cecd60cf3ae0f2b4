"""base64url without padding (RFC 7515 §2), read strictly: a foreign character, padding or a
length that nothing encodes to is an error, not skipped.
"""

from base64 import urlsafe_b64encode
from binascii import a2b_base64

_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
_PADDING = (b"", b"!", b"==", b"=")


def encode(content: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(encoded: bytes) -> bytes:
    """Return what `encoded` stands for. Raises ValueError."""
    padded = encoded.translate(_TO_STANDARD) + _PADDING[len(encoded) & 3]
    return a2b_base64(padded, strict_mode=True)
