"""Introspection (RFC 7662): a resource server asks whether a token is active. Everything
that is not active for this caller is answered with the same three words."""

from provider.authorization_server import AuthorizationServer
from provider.context import Context
from provider.credentials import issued
from provider.errors import InvalidRequest
from provider.http import Request, Response
from provider.keys.purposes import CLIENT_ASSERTION
from provider.parts import Endpoint, Metadata

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt")


class Introspection(Endpoint):
    """Describes a token to a client that may know of it."""

    path = "/introspect"
    name = "introspection_endpoint"
    specs = ("RFC 7662 section 2",)

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
        return Response.json(described or {"active": False})

    def metadata(self, issuer: str) -> Metadata:
        """Return the URL, the methods accepted, and what assertions may be signed with."""
        return {
            **super().metadata(issuer),
            "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "introspection_endpoint_auth_signing_alg_values_supported": list(
                CLIENT_ASSERTION.algorithms
            ),
        }
