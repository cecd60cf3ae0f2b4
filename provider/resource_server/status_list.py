"""One Token Status List as it was fetched (draft-ietf-oauth-status-list-21 §4, §5.1, §8.3):
checked, unpacked within a bound, and asked by index. Called by `status_lists`.
"""

import zlib
from dataclasses import dataclass

from provider.resource_server.base64url import decode
from provider.resource_server.refusal import Invalid, shown
from provider.resource_server.strict_json import Object

VALID, INVALID, SUSPENDED = 0, 1, 2
NAMES = {INVALID: "INVALID", SUSPENDED: "SUSPENDED"}
_WIDTHS = (1, 2, 4, 8)


@dataclass(frozen=True)
class StatusList:
    """The statuses of one list. `issued_at` is when it says it was made, `expires_at` when it
    says it ends, `ttl` for how many seconds it says it is news; None where it does not say."""

    bits: int
    content: bytes
    issued_at: float
    expires_at: float | None
    ttl: float | None

    def at(self, index: int) -> int:
        """Return the status at `index`. Raises Invalid for an index outside (§8.3)."""
        bits = self.bits
        place, offset = divmod(index * bits, 8)
        if not 0 <= place < len(self.content):
            raise Invalid(f"status: index {shown(index)} is outside a list of {len(self)}")
        return self.content[place] >> offset & (1 << bits) - 1

    def __len__(self) -> int:
        return len(self.content) * 8 // self.bits


def read(
    claims: Object, uri: str, *, issuer: str, now: float, leeway: float, most: int
) -> StatusList:
    """Return the list that a verified status list token carries, for the address `uri`.

    At most `most` bytes come out of it. Raises Invalid. Stricter: an `iss`, which the draft
    leaves open, must be the issuer.
    """
    if claims["sub"] != uri:
        raise Invalid(f"sub of the list: expected {uri!r}, found {shown(claims['sub'])}")
    if claims.get("iss", issuer) != issuer:
        raise Invalid(f"iss of the list: expected {issuer!r}, found {shown(claims['iss'])}")
    issued = _number(claims, "iat")
    if issued > now + leeway:
        raise Invalid(f"iat of the list: {claims['iat']} lies ahead")
    expires = _number(claims, "exp") if claims.get("exp") is not None else None
    if expires is not None and expires <= now - leeway:
        raise Invalid(f"exp of the list: it ended at {expires}")
    ttl = _number(claims, "ttl") if claims.get("ttl") is not None else None
    listed = claims["status_list"]
    if type(listed) is not dict:
        raise Invalid("status_list: expected an object")
    bits, packed = listed.get("bits"), listed.get("lst")
    if type(bits) is not int or bits not in _WIDTHS or not isinstance(packed, str):
        raise Invalid(f"status_list: bits {shown(bits)} or lst is not one of the draft's")
    return StatusList(bits, _unpacked(packed, most), issued, expires, ttl)


def _unpacked(packed: str, most: int) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(decode(packed.encode("ascii")), most + 1)
    except (ValueError, zlib.error):
        raise Invalid("lst: not base64url of a zlib stream") from None
    if len(content) > most:
        raise Invalid(f"lst: unpacks to more than {most} bytes")
    if not unpacking.eof or unpacking.unused_data:
        raise Invalid("lst: the zlib stream does not end where it should")
    return content


def _number(claims: Object, name: str) -> float:
    value = claims[name]
    if type(value) not in (int, float) or not 0 <= value < 1 << 53:
        raise Invalid(f"{name} of the list: expected seconds, found {shown(value)}")
    return float(value)
