"""How a status list is written down (draft-ietf-oauth-status-list-21 §4.1, §4.2, §5.1): two
bits for each place, the first place in the lowest bits of the first byte, compressed by zlib,
and the claims of the token that carries it. Choice: zlib's strategy for long runs, which for
a million places, one in a hundred called back, takes a hundredth of the time of its highest
level for a tenth more bytes. Choice: `iss` stands in the token too, so that a resource server
can tell from it alone whose keys to ask for."""

import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from provider.model.status import BITS

PATH = "/status-lists"
"""Below the issuer: the aggregation, and one step below it the lists by their numbers."""

_PER_BYTE = 8 // BITS


def uri(issuer: str, number: int) -> str:
    """Return the address of a list, which is also its name."""
    return f"{issuer}{PATH}/{number}"


def pack(size: int, entries: Mapping[int, int]) -> bytes:
    """Return the compressed list of `size` places; those not in `entries` are VALID."""
    packed = bytearray(-(-size // _PER_BYTE))
    for index, status in entries.items():
        packed[index // _PER_BYTE] |= status << (index % _PER_BYTE * BITS)
    compressor = zlib.compressobj(9, strategy=zlib.Z_RLE)
    return compressor.compress(packed) + compressor.flush()


def claims(
    issuer: str, number: int, packed: bytes, *, issued_at: int, expires_at: int, ttl: int
) -> dict[str, Any]:
    """Return the claims of a status list token. Times are seconds since the epoch."""
    return {
        "iss": issuer,
        "sub": uri(issuer, number),
        "iat": issued_at,
        "exp": expires_at,
        "ttl": ttl,
        "status_list": {
            "bits": BITS,
            "lst": urlsafe_b64encode(packed).rstrip(b"=").decode(),
            "aggregation_uri": issuer + PATH,
        },
    }
