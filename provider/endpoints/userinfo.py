"""UserInfo (OpenID Connect Core §5.3): what the access token's scopes reveal about the
person and the claims asked for one by one (§5.5). By GET, by POST with the token in the
header, and by POST with it in the body.
As JSON, or signed, encrypted or both, as the client registered (§5.3.2)."""

from typing import Any

import orjson

from provider import bearer, claims
from provider.claims.subject import subject_of
from provider.context import Context
from provider.credentials import encrypting, signing
from provider.errors import InvalidToken
from provider.http import Request, Response
from provider.keys.purposes import USERINFO
from provider.model.client import Client
from provider.roles import Endpoint


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
        client, account = standing.client, standing.account
        ctx.client = client
        encrypting.prepare(ctx, client)
        if account is None or not account.is_usable:
            raise bearer.refusal(ctx, InvalidToken(), "openid")
        revealed = claims.reveal(
            ctx.provider.parts, client, token.scopes, account, standing.claims.userinfo
        )
        described = {**revealed, "sub": subject_of(ctx, account.id, client)}
        alg = client.userinfo_signed_response_alg
        if alg is None:
            return _unsigned(ctx, client, described)
        signed = {**described, "iss": ctx.issuer, "aud": client.client_id}
        signed_jwt = signing.sign_for(ctx, client, USERINFO, signed, alg)
        return Response.jwt(_encrypted(ctx, client, signed_jwt, cty="JWT"))


def _unsigned(ctx: Context, client: Client, described: dict[str, Any]) -> Response:
    """Return the claims as JSON, or that JSON encrypted (OpenID Connect Core §5.3.2)."""
    if client.userinfo_encrypted_response_alg is None:
        return Response.json(described)
    return Response.jwt(_encrypted(ctx, client, orjson.dumps(described).decode(), cty=None))


def _encrypted(ctx: Context, client: Client, content: str, *, cty: str | None) -> str:
    return encrypting.for_client(
        ctx,
        client,
        content,
        client.userinfo_encrypted_response_alg,
        client.userinfo_encrypted_response_enc,
        cty=cty,
    )
