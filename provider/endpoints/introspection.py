"""Introspection (RFC 7662): a resource server asks whether a token is active. Everything
that is not active for this caller is answered with the same three words. Signed (RFC 9701)
where the caller registered an algorithm, or asks for it by `Accept`."""

from provider.authorization_server import AuthorizationServer
from provider.context import Context
from provider.credentials import issued
from provider.errors import InvalidRequest
from provider.http import Request, Response
from provider.keys.purposes import CLIENT_ASSERTION, INTROSPECTION
from provider.model.client import Client
from provider.parts import Endpoint, Metadata

SIGNED = "application/token-introspection+jwt"
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt")


class Introspection(Endpoint):
    """Describes a token to a client that may know of it."""

    path = "/introspect"
    name = "introspection_endpoint"
    specs = ("RFC 7662 section 2", "RFC 9701 section 4")

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the description, or that the token is not active."""
        parameters = ctx.request.form
        caller, _ = self._server.authenticate(ctx, request, AUTH_METHODS)
        value = parameters.get("token")
        if value is None:
            raise InvalidRequest("The token parameter is missing.")
        token = issued.find(ctx, value)
        described = issued.describe(ctx, token, caller) if token else None
        return _answer(ctx, request, caller, described or {"active": False})

    def metadata(self, issuer: str) -> Metadata:
        """Return the URL, the methods accepted, and what assertions may be signed with."""
        return {
            **super().metadata(issuer),
            "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "introspection_endpoint_auth_signing_alg_values_supported": list(
                CLIENT_ASSERTION.algorithms
            ),
        }


def _answer(
    ctx: Context, request: Request, caller: Client, described: dict[str, object]
) -> Response:
    """Return the description in the form the caller wants (RFC 9701 §4, §5).

    Choice: who registered an algorithm gets nothing unsigned, whatever `Accept` says; who
    asks without having registered one gets the default of RFC 9701 §6.
    """
    alg = caller.introspection_signed_response_alg
    if alg is None and not request.prefers(SIGNED, "application/json"):
        return Response.json(described)
    claims = {
        "iss": ctx.issuer,
        "aud": caller.client_id,
        "iat": ctx.now,
        "token_introspection": described,
    }
    return Response.jwt(ctx.keyring.sign(INTROSPECTION, claims, ctx.now, alg=alg), SIGNED)
