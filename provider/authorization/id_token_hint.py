"""Whom the client believes to be signed in: the `id_token_hint` parameter (OpenID Connect
Core §3.1.2.1, RP-Initiated Logout §2). An ID token of ours for this client, which may
have expired; anything else is refused, whatever key or algorithm it names."""

from dataclasses import dataclass

from provider.context import Context
from provider.keys.purposes import ID_TOKEN_HINT
from provider.keys.verification import InvalidJwt


@dataclass(frozen=True)
class Hint:
    """The subject and audience of a genuine hint."""

    subject: str
    client_id: str


def read(ctx: Context, value: str) -> Hint | None:
    """Return what a hint says if it is an ID token of ours, else None."""
    try:
        claims = ctx.keyring.verify(value, ID_TOKEN_HINT, issuer=ctx.issuer, now=ctx.now).claims
    except InvalidJwt:
        return None
    audience = claims["aud"]
    return Hint(str(claims["sub"]), audience[0] if isinstance(audience, list) else str(audience))
