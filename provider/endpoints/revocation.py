"""Revocation (RFC 7009): a client gives back a token it no longer needs. The answer is
200 whether or not there was such a token (§2.2), and another client's token stays."""

from provider.authorization_server import AuthorizationServer
from provider.context import Context
from provider.credentials import access_token, issued
from provider.credentials.access_token import AccessToken
from provider.errors import InvalidRequest
from provider.http import NO_STORE, Request, Response
from provider.keys.purposes import CLIENT_ASSERTION
from provider.logout import ending
from provider.parts import Endpoint, Metadata

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


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
        client, _ = self._server.authenticate(ctx, request, AUTH_METHODS)
        value = parameters.get("token")
        if value is None:
            raise InvalidRequest("The token parameter is missing.")
        token = issued.find(ctx, value)
        if token is not None and issued.belongs_to(token, client):
            _revoke(ctx, token)
        return Response(headers=list(NO_STORE))

    def metadata(self, issuer: str) -> Metadata:
        """Return the URL, the methods accepted, and what assertions may be signed with."""
        return {
            **super().metadata(issuer),
            "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "revocation_endpoint_auth_signing_alg_values_supported": list(
                CLIENT_ASSERTION.algorithms
            ),
        }


def _revoke(ctx: Context, token: issued.Issued) -> None:
    """End one access token; with a refresh token, everything of its authorization."""
    if isinstance(token, AccessToken):
        access_token.revoke(ctx, token)
    else:
        ending.end_authorization(ctx, token.authorization, "revoked_by_client")
