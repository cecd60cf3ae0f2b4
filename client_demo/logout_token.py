"""How the application verifies a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6).

Called by `logout_received`. That a token counts once is noted there, because it takes a memory.
"""

import time
from dataclasses import dataclass
from typing import Any

from client_demo.issuer_keys import Unverified, Verifier, is_time

TYPES = ("logout+jwt", "application/logout+jwt")
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY = 30
OLDEST = 600
"""Seconds for which a logout token is news, and for which its `jti` is remembered."""


@dataclass(frozen=True)
class LogoutToken:
    """What a genuine token says: whose sessions end, or which one."""

    jti: str
    subject: str | None
    sid: str | None
    claims: dict[str, Any]


class LogoutTokenVerifier:
    """The rules for one issuer and one client."""

    def __init__(self, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._verifier = Verifier(issuer, TYPES)

    def verify(self, token: str) -> LogoutToken:
        """What a token of now for this client says. Raises Unverified or KeysUnavailable."""
        claims = self._verifier.claims(token)
        audience = claims.get("aud")
        if claims.get("iss") != self._issuer:
            raise Unverified("The logout token is from another issuer")
        if self._client_id not in (audience if isinstance(audience, list) else [audience]):
            raise Unverified("The logout token is for another client")
        _check_times(claims)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise Unverified("The token announces no back-channel logout")
        if "nonce" in claims:
            raise Unverified("A logout token has no nonce: this is an ID token in disguise")
        jti, subject, sid = (claims.get(name) for name in ("jti", "sub", "sid"))
        if not isinstance(jti, str) or not jti:
            raise Unverified("The logout token has no jti")
        if not all(value is None or isinstance(value, str) for value in (subject, sid)):
            raise Unverified("The logout token names no usable sub or sid")
        if not (subject or sid):
            raise Unverified("The logout token names neither a person nor a session")
        return LogoutToken(jti, subject, sid, claims)


def _check_times(claims: dict[str, Any]) -> None:
    now = time.time()
    issued, expires = claims.get("iat"), claims.get("exp")
    if issued is None or expires is None or not (is_time(issued) and is_time(expires)):
        raise Unverified("The logout token tells no usable times")
    if not now - OLDEST < issued <= now + LEEWAY or expires <= now - LEEWAY:
        raise Unverified("The logout token is not of now")
