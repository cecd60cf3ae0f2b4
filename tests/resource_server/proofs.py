"""DPoP proofs and requests as a client makes them (RFC 9449 §4.2), with joserfc directly."""

from hashlib import sha256
from typing import Any

from joserfc.jwk import Key

from provider.resource_server import PresentedRequest
from tests.support import jwt

URL = "https://notes.example/notes"


def proof(key: Key, token: str, now: int, **changes: Any) -> str:
    """Return a proof for GET on URL; a claim given as None is left out, `header` changes that."""
    header = {
        "typ": "dpop+jwt",
        "kid": None,
        "jwk": key.as_dict(private=False),
        **changes.get("header", {}),
    }
    claims = {
        "jti": "p1",
        "htm": "GET",
        "htu": URL,
        "iat": now,
        "ath": jwt.encode(sha256(token.encode()).digest()),
        **changes,
    }
    kept = {
        name: value for name, value in claims.items() if value is not None and name != "header"
    }
    return jwt.sign(key, kept, **header)


def request(token: str, *dpop: str, scheme: str = "Bearer", **changes: Any) -> PresentedRequest:
    """Return the request that presents `token`."""
    fields: dict[str, Any] = {
        "method": "GET",
        "url": URL,
        "authorization": [f"{scheme} {token}"],
        "dpop": dpop,
        **changes,
    }
    return PresentedRequest(**fields)
