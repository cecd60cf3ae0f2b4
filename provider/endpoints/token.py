"""The token endpoint (RFC 6749 §3.2, OpenID Connect Core §3.1.3)."""

from provider.authorization_server import AuthorizationServer
from provider.context import Context
from provider.http import Request, Response
from provider.roles import Endpoint


class Token(Endpoint):
    """Hands over to the server, which selects the grant."""

    path = "/token"
    name = "token_endpoint"
    specs = ("RFC 6749 section 3.2", "OpenID Connect Core 1.0 section 3.1.3")
    cors = "client"

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def respond(self, ctx: Context, request: Request) -> Response:
        """Answer a token request."""
        del request
        return self._server.token(ctx)
