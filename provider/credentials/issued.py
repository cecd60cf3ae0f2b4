"""Is this string one of ours, and what may a caller know of it? What introspection (RFC 7662)
asks. The type hint is only a hint, and the form of a token tells more (§2.1), so it is not
needed."""

from dataclasses import dataclass

from provider.claims.subject import subject_of
from provider.context import Context
from provider.credentials import access_token, refresh_token
from provider.credentials.access_token import AccessToken
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.store import authorizations, grounds


@dataclass(frozen=True)
class IssuedRefreshToken:
    """A genuine refresh token and the authorization it belongs to."""

    authorization: Authorization
    generation: int


Issued = AccessToken | IssuedRefreshToken


def find(ctx: Context, value: str) -> Issued | None:
    """Return what `value` is, live or not, or None where it is not ours."""
    presented = refresh_token.read(ctx, value)
    if presented is None:
        return access_token.read(ctx, value)
    authorization = authorizations.find(ctx.reading, presented.authorization_id)
    if authorization is None:
        return None
    return IssuedRefreshToken(authorization, presented.generation)


def belongs_to(token: Issued, client: Client) -> bool:
    """Return whether the token was issued to this client."""
    if isinstance(token, AccessToken):
        return token.client_id == client.client_id
    return token.authorization.client_id == client.client_id


def describe(ctx: Context, token: Issued, caller: Client) -> dict[str, object] | None:
    """Return what a caller may know of a live token (RFC 7662 §2.2), or None.

    A client may ask about its own tokens, a resource server about those for it.
    """
    if isinstance(token, AccessToken):
        is_for_caller = set(token.audience) & set(caller.policy.audiences)
        if not (belongs_to(token, caller) or is_for_caller):
            return None
        if access_token.standing(ctx, token) is None:
            return None
        return {"active": True, "token_type": "Bearer", **token.claims}
    authorization, family = token.authorization, token.authorization.family
    if not belongs_to(token, caller) or family is None or authorization.ended_at is not None:
        return None
    expires_at = min(family.idle_expires_at, family.absolute_expires_at)
    if token.generation != family.generation or ctx.now >= expires_at:
        return None
    stands = grounds.find(ctx.reading, str(authorization.id), caller, ctx.now)
    if stands is None or not stands.is_usable:
        return None
    return {
        "active": True,
        "iss": ctx.issuer,
        "client_id": authorization.client_id,
        "sub": subject_of(ctx, str(authorization.account_id), caller),
        "scope": " ".join(authorization.scopes),
        "exp": expires_at,
    }
