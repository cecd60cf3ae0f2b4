"""Access tokens: signed JWTs (RFC 9068), never stored. The `jti` names the authorization
the token descends from, so that ending the authorization ends the token wherever we are
asked; a single token is revoked by remembering its `jti`."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from provider.context import Context
from provider.keys.purposes import ACCESS_TOKEN
from provider.keys.verification import InvalidJwt
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.store import authorizations, clients, revoked_tokens


class AccessToken:
    """A genuine, unexpired access token of ours and what it says."""

    def __init__(self, claims: dict[str, object]) -> None:
        self.claims = claims
        self.jti = str(claims["jti"])
        self.client_id = str(claims["client_id"])
        self.scopes = tuple(str(claims.get("scope", "")).split())
        audience = claims["aud"]
        self.audience = tuple(audience) if isinstance(audience, list) else (str(audience),)
        self.expires_at = int(str(claims["exp"]))
        authorization_id, _, _ = self.jti.rpartition(".")
        self.authorization_id = authorization_id or None


def lifetime_of(ctx: Context, client: Client) -> int:
    """Return how many seconds an access token of this client lives."""
    own = client.policy.access_token_lifetime
    return ctx.settings.lifetimes.access_token if own is None else own


def issue(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    *,
    subject: str,
    scopes: tuple[str, ...],
    resources: tuple[str, ...],
) -> str:
    """Return a signed access token (RFC 9068 §2).

    Choice: with the scope `openid` the issuer is an audience beside the resources,
    because UserInfo is a resource of ours (RFC 9068 §3, RFC 8707 §2.2).
    """
    audience = list(resources) or [ctx.settings.default_audience]
    if "openid" in scopes and ctx.issuer not in audience:
        audience.append(ctx.issuer)
    unique = urlsafe_b64encode(ctx.entropy.token_bytes(12)).decode()
    claims: dict[str, object] = {
        "iss": ctx.issuer,
        "sub": subject,
        "aud": audience if len(audience) > 1 else audience[0],
        "client_id": client.client_id,
        "iat": ctx.now,
        "exp": ctx.now + lifetime_of(ctx, client),
        "jti": f"{authorization.id}.{unique}" if authorization.id else unique,
    }
    if scopes:
        claims["scope"] = " ".join(scopes)
    if authentication := authorization.authentication:
        claims["auth_time"] = authentication.auth_time
        claims["acr"] = authentication.acr
        claims["amr"] = list(authentication.amr)
    if authorization.confirmation:
        claims["cnf"] = authorization.confirmation
    alg = client.policy.access_token_alg or ctx.settings.keys.access_token_alg
    return ctx.keyring.sign(ACCESS_TOKEN, claims, ctx.now, alg=alg)


def read(ctx: Context, token: str) -> AccessToken | None:
    """Return what `token` says if it is ours and has not expired. Does not ask the database."""
    try:
        verified = ctx.keyring.verify(token, ACCESS_TOKEN, issuer=ctx.issuer, now=ctx.now)
    except InvalidJwt:
        return None
    found = AccessToken(verified.claims)
    return found if ctx.now < found.expires_at else None


@dataclass(frozen=True)
class Standing:
    """Who a live token was issued to, and the authorization it descends from, if any."""

    client: Client
    authorization: Authorization | None


def standing(ctx: Context, token: AccessToken) -> Standing | None:
    """Return where a token stands, or None where something has called it back."""
    if revoked_tokens.contains(ctx.tx, _digest(token.jti)):
        return None
    client = clients.find(ctx.tx, token.client_id)
    if client is None or client.disabled_at is not None:
        return None
    if token.authorization_id is None:
        return Standing(client, None)
    authorization = authorizations.find(ctx.tx, token.authorization_id)
    if authorization is None or authorization.ended_at is not None:
        return None
    return Standing(client, authorization)


def revoke(ctx: Context, token: AccessToken) -> None:
    """Call one access token back (RFC 7009 §2.1). Its refresh token stays.

    Choice: a client that tidies up an access token it has replaced must not sign its
    user out by that.
    """
    revoked_tokens.add(ctx.tx, _digest(token.jti), token.expires_at)


def _digest(jti: str) -> bytes:
    return sha256(jti.encode()).digest()
