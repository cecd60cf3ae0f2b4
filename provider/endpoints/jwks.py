"""The public keys (RFC 7517 §5, OpenID Connect Core §10.1.1), served from memory. May be
kept for less time than a key is published before it signs, so nobody meets an unknown
key by caching as told."""

from provider.context import Context
from provider.http import Request, Response
from provider.parts import Endpoint

MAX_AGE = 300
"""Seconds for which the keys may be kept."""


class Jwks(Endpoint):
    """Serves the JWK Set."""

    path = "/jwks"
    methods = ("GET", "HEAD")
    name = "jwks_uri"
    specs = ("RFC 7517 section 5",)
    cors = "public"
    read_only = True

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the set, or 304 where the client has it."""
        published = ctx.keyring.jwks(ctx.now)
        return Response.cacheable(request, published.body, published.etag, max_age=MAX_AGE)
