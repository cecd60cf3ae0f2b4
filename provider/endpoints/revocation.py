"""Revocation (RFC 7009): a client gives back a token it no longer needs. The answer is
200 whether or not there was such a token (§2.2), and another client's token stays."""

from provider.authorization_server import AuthorizationServer
from provider.context import Context
from provider.credentials import access_token, refresh_token
from provider.errors import InvalidRequest
from provider.http import NO_STORE, Request, Response
from provider.logout import ending
from provider.model.client import Client
from provider.parts import Metadata
from provider.roles import Endpoint


class Revocation(Endpoint):
    """Ends what the token stands for."""

    path = "/revoke"
    name = "revocation_endpoint"
    specs = ("RFC 7009 section 2",)
    cors = "client"

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def respond(self, ctx: Context, request: Request) -> Response:
        """Revoke the token if it is one of this client's."""
        parameters = request.form
        client, _ = self._server.authenticate(ctx, request, self._server.auth_methods)
        value = parameters.get("token")
        if value is None:
            raise InvalidRequest("The token parameter is missing.")
        _revoke(ctx, client, value)
        return Response(headers=list(NO_STORE))

    def metadata(self, issuer: str) -> Metadata:
        """Return the URL, the methods accepted, and what assertions may be signed with."""
        return {
            **super().metadata(issuer),
            "revocation_endpoint_auth_methods_supported": list(self._server.auth_methods),
            "revocation_endpoint_auth_signing_alg_values_supported": list(
                self._server.assertion_algorithms
            ),
        }


def _revoke(ctx: Context, client: Client, value: str) -> None:
    """End one access token; with a refresh token, everything of its authorization. The hint is
    only a hint, and the form of a token tells more (§2.1)."""
    if (refresh := refresh_token.read(ctx, value)) is not None:
        ending.revoke(ctx, refresh.authorization_id, client.client_id)
        return
    access = access_token.read(ctx, value)
    if access is not None and access.client_id == client.client_id:
        access_token.revoke(ctx, access)
