"""What a JWT of a client says before anything in it is believed: its header and its issuer, to
know with which key of which kind to verify it; and the reader of a JWT that nobody signed (`none`,
RFC 7519 §6), for `authorization.request_object_proof` alone."""

from base64 import urlsafe_b64decode
from typing import Any

import orjson

from provider.keys.purposes import Purpose
from provider.keys.verification import LONGEST_HEADER, LONGEST_PAYLOAD, InvalidJwt, check_claims

_SEGMENTS = 3


def header_of(token: str) -> dict[str, Any]:
    """Return the unverified header of a signed or unsigned JWT. Raises InvalidJwt."""
    return _object(_segments(token)[0], LONGEST_HEADER)


def issuer_of(token: str) -> Any:
    """Return the unverified `iss` of a JWT, or None. Raises InvalidJwt."""
    return _object(_segments(token)[1], LONGEST_PAYLOAD * 2).get("iss")


def read_unsigned(token: str, purpose: Purpose, now: int) -> dict[str, Any]:
    """Return the claims of a JWT with `alg` `none` and no signature. Raises InvalidJwt."""
    encoded, payload, signature = _segments(token)
    header = _object(encoded, LONGEST_HEADER)
    if header.get("alg") != "none" or signature:
        raise InvalidJwt("not an unsigned token")
    if "crit" in header or "b64" in header:
        raise InvalidJwt("critical extension")
    if header.get("typ") not in purpose.accepts:
        raise InvalidJwt("another kind of token")
    claims = _object(payload, LONGEST_PAYLOAD)
    check_claims(claims, purpose, now)
    return claims


def _segments(token: str) -> list[str]:
    segments = token.split(".") if token.isascii() else []
    if len(segments) != _SEGMENTS:
        raise InvalidJwt("not three segments")
    return segments


def _object(segment: str, longest: int) -> dict[str, Any]:
    if len(segment) > longest:
        raise InvalidJwt("too long")
    try:
        found = orjson.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError as error:
        raise InvalidJwt("malformed") from error
    if not isinstance(found, dict):
        raise InvalidJwt("not an object")
    return found
