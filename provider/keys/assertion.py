"""Whom a client assertion claims to be from (RFC 7521 §4.2), before anything in it is
believed: only to know with whose keys to verify it."""

from base64 import urlsafe_b64decode

import orjson

_LONGEST = 16 * 1024


def claimed_subject(assertion: str) -> str | None:
    """Return the unverified `sub` of a JWT, or None where it cannot be read."""
    if len(assertion) > _LONGEST or assertion.count(".") != 2:
        return None
    payload = assertion.split(".")[1]
    try:
        claims = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return None
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) else None
