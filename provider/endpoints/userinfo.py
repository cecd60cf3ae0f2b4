"""UserInfo (OpenID Connect Core §5.3): what the access token's scopes reveal about the
person, by GET, by POST with the token in the header, and by POST with it in the body.
As JSON, or signed where the client registered an algorithm (§5.3.2)."""

from provider import bearer, claims
from provider.claims.subject import subject_of
from provider.context import Context
from provider.errors import InvalidToken
from provider.http import Request, Response
from provider.keys.purposes import USERINFO
from provider.parts import Endpoint
from provider.store import accounts


class UserInfo(Endpoint):
    """Answers with claims about the person who signed in."""

    path = "/userinfo"
    methods = ("GET", "POST")
    name = "userinfo_endpoint"
    specs = ("OpenID Connect Core 1.0 section 5.3", "RFC 6750 section 2")
    cors = "client"
    read_only = True

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the claims, in the form the client registered."""
        token, standing = bearer.open_gate(ctx, request, scope="openid")
        authorization, ctx.client = standing.authorization, standing.client
        account_id = authorization.account_id if authorization else None
        account = accounts.find(ctx.tx, account_id) if account_id else None
        if account is None or account.disabled_at is not None:
            raise bearer.refusal(ctx, InvalidToken(), "openid")
        revealed = claims.reveal(ctx.provider.parts, token.scopes, account)
        described = {**revealed, "sub": subject_of(account.id, standing.client)}
        alg = standing.client.userinfo_signed_response_alg
        if alg is None:
            return Response.json(described)
        signed = {**described, "iss": ctx.issuer, "aud": standing.client.client_id}
        return Response.jwt(ctx.keyring.sign(USERINFO, signed, ctx.now, alg=alg))
