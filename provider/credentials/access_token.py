"""Access tokens: signed JWTs (RFC 9068), or the same claims sealed where an audience wants
opaque ones; never stored. The `jti` names the authorization
the token descends from, so that ending the authorization ends the token wherever we are
asked. Where its audience wants it, a token names its place in a status list, by which resource
servers see that it was called back; one without is called back by remembering its `jti`."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from provider.context import Context
from provider.credentials import signing, token_status
from provider.credentials.access_terms import Terms
from provider.keys import sealed_token
from provider.keys.purposes import ACCESS_TOKEN
from provider.keys.verification import InvalidJwt
from provider.model.account import Account
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.model.requested_claims import RequestedClaims
from provider.store import revoked_tokens, standings

PREFIX = "signet_at_"
"""How an opaque access token begins; a JWT does not."""

_NO_CLAIMS = RequestedClaims()


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
        self.place = token_status.named_in(claims)
        authorization_id, _, _ = self.jti.rpartition(".")
        self.authorization_id = authorization_id or None


def issue(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    terms: Terms,
    *,
    subject: str,
) -> str:
    """Return an access token on these terms: signed (RFC 9068 §2), or the same sealed."""
    unique = urlsafe_b64encode(ctx.entropy.token_bytes(12)).decode()
    audience = list(terms.audience)
    claims: dict[str, object] = {
        "iss": ctx.issuer,
        "sub": subject,
        "aud": audience if len(audience) > 1 else audience[0],
        "client_id": client.client_id,
        "iat": ctx.now,
        "exp": ctx.now + terms.lifetime,
        "jti": f"{authorization.id}.{unique}" if authorization.id else unique,
    }
    if terms.scopes:
        claims["scope"] = " ".join(terms.scopes)
    if authentication := authorization.authentication:
        claims["auth_time"] = authentication.auth_time
        claims["acr"] = authentication.acr
        claims["amr"] = list(authentication.amr)
    if authorization.confirmation:
        claims["cnf"] = authorization.confirmation
    if terms.in_status_list:
        claims["status"] = token_status.claim(ctx, client, authorization)
    if terms.is_opaque:
        return sealed_token.seal(
            ctx.keyring, ctx.entropy, ACCESS_TOKEN, claims, prefix=PREFIX, now=ctx.now
        )
    return signing.sign_for(ctx, client, ACCESS_TOKEN, claims, terms.alg)


def read(ctx: Context, token: str) -> AccessToken | None:
    """Return what `token` says if it is ours and has not expired. Does not ask the database."""
    try:
        found = AccessToken(_claims(ctx, token))
    except InvalidJwt:
        return None
    return found if ctx.now < found.expires_at else None


def _claims(ctx: Context, token: str) -> dict[str, object]:
    if token.startswith(PREFIX):
        return sealed_token.open_sealed(
            ctx.keyring, token, ACCESS_TOKEN, prefix=PREFIX, issuer=ctx.issuer, now=ctx.now
        )
    return ctx.keyring.verify(token, ACCESS_TOKEN, issuer=ctx.issuer, now=ctx.now).claims


@dataclass(frozen=True)
class Standing:
    """Who a live token was issued to, and on behalf of whom, if of anybody; `claims`: those the
    client asked for one by one."""

    client: Client
    account: Account | None = None
    claims: RequestedClaims = _NO_CLAIMS


def standing(ctx: Context, token: AccessToken) -> Standing | None:
    """Return where a token stands, or None where something has called it back.

    A token with a place in a status list is judged by what the list says, so that whoever
    asks here and whoever reads the list get one answer.
    """
    client = ctx.find_client(token.client_id)
    if client is None or client.disabled_at is not None:
        return None
    if token.authorization_id is None:
        return None if _is_called_back(ctx, token) else Standing(client)
    found = _find(ctx, token, token.authorization_id)
    if found is None or found.is_over:
        return None
    return Standing(client, found.account, found.claims)


def _is_called_back(ctx: Context, token: AccessToken) -> bool:
    if token.place is None:
        return revoked_tokens.contains(ctx.reading, _digest(token.jti))
    return not token_status.is_valid(ctx, token.place)


def _find(ctx: Context, token: AccessToken, authorization_id: str) -> standings.Standing | None:
    if token.place is None:
        return standings.by_digest(ctx.reading, authorization_id, _digest(token.jti), ctx.now)
    return standings.by_place(ctx.reading, authorization_id, token.place, ctx.now)


def revoke(ctx: Context, token: AccessToken) -> None:
    """Call one access token back (RFC 7009 §2.1), and with it those that share its place in
    the status list. Their refresh token stays.

    Choice: a client that tidies up an access token it has replaced must not sign its
    user out by that. One that is revoked already takes nothing along a second time.
    """
    if token.place is None:
        revoked_tokens.add(ctx.tx, _digest(token.jti), token.expires_at)
    else:
        token_status.leave(ctx, token.authorization_id, token.client_id, token.place)
    ctx.record(
        "access_token_revoked",
        client_id=token.client_id,
        authorization_id=token.authorization_id,
    )


def _digest(jti: str) -> bytes:
    return sha256(jti.encode()).digest()
