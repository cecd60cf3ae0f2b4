"""UserInfo (OpenID Connect Core §5.3): what the access token's scopes reveal about the
person, by GET, by POST with the token in the header, and by POST with it in the body."""

from provider import bearer, claims
from provider.claims.subject import subject_of
from provider.context import Context
from provider.errors import InvalidToken
from provider.http import Request, Response
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
        """Return the claims as JSON."""
        token, standing = bearer.open_gate(ctx, request, scope="openid")
        authorization, ctx.client = standing.authorization, standing.client
        account_id = authorization.account_id if authorization else None
        account = accounts.find(ctx.tx, account_id) if account_id else None
        if account is None or account.disabled_at is not None:
            raise bearer.refusal(ctx, InvalidToken(), "openid")
        revealed = claims.reveal(ctx.provider.parts, token.scopes, account)
        return Response.json({"sub": subject_of(account.id, standing.client), **revealed})
