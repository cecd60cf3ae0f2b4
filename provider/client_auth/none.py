"""`none`: a public client only says who it is (RFC 6749 §3.2.1)."""

from provider.context import Context
from provider.errors import InvalidClient
from provider.http import Request
from provider.model.client import Client
from provider.roles import ClientAuthMethod

_CREDENTIALS = ("client_secret", "client_assertion", "client_assertion_type")


class NoAuthentication(ClientAuthMethod):
    """Names the client by `client_id` in the body."""

    method = "none"

    def is_presented(self, request: Request) -> bool:
        """Return whether there is a `client_id` and no credential of any kind."""
        if "authorization" in request.headers:
            return False
        form = request.form
        return "client_id" in form and not any(name in form for name in _CREDENTIALS)

    def authenticate(self, ctx: Context, request: Request) -> Client:
        """Return the client. That it is public is for the caller to check."""
        client = ctx.find_client(request.form.get("client_id") or "")
        if client is None:
            raise InvalidClient(reason="unknown client")
        return client
