"""Plain words for what travels: each step with its specification, each claim in one line.

Called by the templates. Tokens are decoded here for reading only; they were verified where they
arrived (the ID token in `relying_party`, the access token in the API).
"""

import base64
import binascii
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Step:
    """What a message is for, and where that is written."""

    title: str
    specification: str
    words: str


STEPS = {
    "discovery": Step(
        "Where is everything?",
        "OpenID Connect Discovery 1.0 §4",
        "Fieldnotes knows one thing about Signet, its issuer. This document tells the rest.",
    ),
    "jwks": Step(
        "The public keys",
        "OpenID Connect Core 1.0 §10.1.1, RFC 7517 §5",
        "Signatures are checked with these. A key unknown so far makes Fieldnotes ask again.",
    ),
    "authorization_request": Step(
        "Please sign this person in",
        "OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3, RFC 8707 §2.1",
        "state ties the answer to this browser, nonce ties the ID token to this sign-in, and"
        " code_challenge is the fingerprint of a secret that stays here. resource names the API.",
    ),
    "authorization_response": Step(
        "The person comes back",
        "OpenID Connect Core 1.0 §3.1.2.5, RFC 9207 §2",
        "The code is worth nothing by itself: it needs the verifier and the client's secret."
        " iss says who answered.",
    ),
    "token_request": Step(
        "The code becomes tokens",
        "OpenID Connect Core 1.0 §3.1.3, RFC 7636 §4.5",
        "Server to server. Basic proves the client, code_verifier proves it began this sign-in.",
    ),
    "userinfo_request": Step(
        "Who is it?",
        "OpenID Connect Core 1.0 §5.3",
        "The access token opens the person's claims. sub must be the one of the ID token.",
    ),
    "refresh_request": Step(
        "Renew the tokens",
        "RFC 6749 §6, OpenID Connect Core 1.0 §12, RFC 9700 §4.14",
        "The refresh token is exchanged for a new access token and, by rotation, its successor.",
    ),
    "api_request": Step(
        "Call the API",
        "RFC 6750 §2.1, RFC 9068 §4",
        "The access token travels in the Authorization header. The API verifies it on its own.",
    ),
    "revocation_request": Step(
        "Give the refresh token back",
        "RFC 7009 §2.1",
        "Fieldnotes will not use it again, so nobody shall. The answer is 200 in any case.",
    ),
    "introspection_request": Step(
        "Does this token still count?",
        "RFC 7662 §2",
        "Signet knows at once what it called back. Whoever asks with every request knows it too,"
        " and pays with a round trip each time.",
    ),
    "backchannel_logout": Step(
        "Signet tells Fieldnotes: this session ended",
        "OpenID Connect Back-Channel Logout 1.0 §2.5",
        "From server to server, so it arrives even with the browser closed. Signed like an ID"
        " token, but of another typ and without a nonce, so that neither passes for the other.",
    ),
    "frontchannel_logout": Step(
        "A frame in your browser: this session ended",
        "OpenID Connect Front-Channel Logout 1.0 §3",
        "Signet's sign-out page opened this address in a hidden frame. sid says which session; it"
        " stands in the ID token and nobody else knows it.",
    ),
    "logout_request": Step(
        "Please sign this person out",
        "OpenID Connect RP-Initiated Logout 1.0 §2",
        "id_token_hint says who and from which client; only a registered address may follow.",
    ),
    "logout_response": Step(
        "Signed out, back again",
        "OpenID Connect RP-Initiated Logout 1.0 §3",
        "state shows that Fieldnotes asked for this.",
    ),
}

CLAIMS = {
    "alg": "How the token is signed. Only algorithms on the verifier's own list count.",
    "kid": "Which of the issuer's published keys signed it.",
    "typ": "What kind of token this is, so that none passes for another (RFC 8725 §3.11).",
    "iss": "Who issued it. Must be exactly the issuer that was asked.",
    "sub": "Who the person is: stable, never reused, and the only key to store an account under.",
    "aud": "For whom it is. Anybody else must refuse it.",
    "azp": "The client to which it was issued.",
    "exp": "Not accepted from this moment on.",
    "nbf": "Not accepted before this moment.",
    "iat": "When it was issued.",
    "auth_time": "When the person last proved who they are, which may be long before.",
    "nonce": "The value of the authorization request, echoed: this answer is for that question.",
    "at_hash": "A fingerprint of the access token that came along.",
    "c_hash": "A fingerprint of the code that came along.",
    "s_hash": "A fingerprint of the state that came along.",
    "events": "What happened, as a name and details (RFC 8417).",
    "acr": "How strong the sign-in was, as a level.",
    "amr": "By which means the person signed in, such as pwd for a password (RFC 8176).",
    "sid": "The session at the provider, for signing out.",
    "jti": "A name of its own for this token.",
    "client_id": "The application that got the token and uses it.",
    "scope": "What may be done with it.",
    "status": "Where to look whether it was called back: a place in a list that Signet publishes.",
    "name": "Full name, to display.",
    "given_name": "Given name.",
    "family_name": "Family name.",
    "middle_name": "Middle name.",
    "nickname": "Casual name.",
    "preferred_username": "How the person likes to be called. Not unique, so never a key.",
    "profile": "Address of a profile page.",
    "picture": "Address of a picture.",
    "website": "Address of a web site.",
    "email": "E-mail address. May change hands, so never a key.",
    "email_verified": "Whether the provider made sure that the address is the person's.",
    "gender": "Gender, as the person gave it.",
    "birthdate": "Date of birth.",
    "zoneinfo": "Time zone.",
    "locale": "Language and region.",
    "updated_at": "When this information last changed.",
}
TIMES = frozenset({"exp", "nbf", "iat", "auth_time", "updated_at"})


@dataclass(frozen=True)
class Line:
    """One member of a token or of a set of claims."""

    name: str
    value: str
    words: str


def claim_lines(claims: dict[str, Any]) -> list[Line]:
    """Every claim with its value and what it is for."""
    return [
        Line(
            name,
            moment(value) if name in TIMES and isinstance(value, int | float) else _text(value),
            CLAIMS.get(name, "A claim of this provider's own."),
        )
        for name, value in claims.items()
    ]


def decoded(token: str) -> dict[str, list[Line]] | None:
    """Header and payload of a JWT, or None for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        header, payload = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
            for part in parts[:2]
        )
    except (binascii.Error, ValueError):
        return None
    return {"header": claim_lines(header), "payload": claim_lines(payload)}


def moment(seconds: float) -> str:
    """A point in time, and how far away it is."""
    away = int(seconds - time.time())
    when = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    relation = f"in {duration(away)}" if away > 0 else f"{duration(-away)} ago"
    return f"{when} ({relation})"


def until(seconds: float) -> str:
    """How long until a point in time, in words."""
    away = int(seconds - time.time())
    return duration(away) if away > 0 else "expired"


def duration(seconds: int) -> str:
    """A length of time in its two largest units."""
    parts = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts[:2]) or "0 seconds"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
