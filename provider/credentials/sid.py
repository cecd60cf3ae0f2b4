"""The session identifier that clients see (OpenID Connect Front-Channel Logout §3,
Back-Channel Logout §2.1): the same in ID tokens, logout tokens and front-channel requests,
for as long as the session lasts. Choice: each client has its own, derived from the random id
of the session, so that clients cannot compare notes, and there is nothing to keep."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from provider.model.client import Client

_LENGTH = 24


def of(session_id: str, client: Client) -> str:
    """Return the `sid` of a session towards a client."""
    digest = sha256(f"sid\0{session_id}\0{client.client_id}".encode()).digest()
    return urlsafe_b64encode(digest[:_LENGTH]).decode()
