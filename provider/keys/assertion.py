"""Whom a client assertion claims to be from (RFC 7521 §4.2), and whom an ID token claims to
be for, before anything in it is believed: only to know with whose keys to verify it, and
with which."""

from base64 import urlsafe_b64decode

import orjson

_LONGEST = 16 * 1024


def claimed_subject(assertion: str) -> str | None:
    """Return the unverified `sub` of a JWT, or None where it cannot be read."""
    return _member(assertion, 1, "sub")


def claimed_audience(token: str) -> str | None:
    """Return the unverified only `aud` of a JWT, or None where it cannot be read."""
    return _member(token, 1, "aud")


def named_key(assertion: str) -> str | None:
    """Return the `kid` in the unverified header of a JWT, if it names one."""
    return _member(assertion, 0, "kid")


def _member(assertion: str, segment: int, name: str) -> str | None:
    if len(assertion) > _LONGEST or assertion.count(".") != 2:
        return None
    encoded = assertion.split(".")[segment]
    try:
        content = orjson.loads(urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except ValueError:
        return None
    found = content.get(name) if isinstance(content, dict) else None
    return found if isinstance(found, str) else None
