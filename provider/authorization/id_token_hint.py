"""Whom the client believes to be signed in: the `id_token_hint` parameter (OpenID Connect
Core §3.1.2.1, RP-Initiated Logout §2). An ID token of ours for this client, which may
have expired; anything else is refused, whatever key or algorithm it names. One that was
encrypted to the client is sent decrypted, or encrypted again to a key of ours."""

from dataclasses import dataclass

from provider.context import Context
from provider.credentials import signing
from provider.keys.verification import InvalidJwt

_DOTS_OF_JWE = 4


@dataclass(frozen=True)
class Hint:
    """The subject and audience of a genuine hint."""

    subject: str
    client_id: str


def read(ctx: Context, value: str) -> Hint | None:
    """Return what a hint says if it is an ID token of ours, else None."""
    try:
        if value.count(".") == _DOTS_OF_JWE:
            value = ctx.keyring.decrypt(value, ctx.now)
    except InvalidJwt:
        return None
    claims = signing.recognise(ctx, value)
    if claims is None:
        return None
    audience = claims["aud"]
    return Hint(str(claims["sub"]), audience[0] if isinstance(audience, list) else str(audience))
