"""`client_secret_post` (RFC 6749 §2.3.1): the secret in the body, never in the query."""

from provider.context import Context
from provider.credentials import client_secret
from provider.errors import InvalidClient
from provider.http import Request
from provider.model.client import Client
from provider.parts import ClientAuthMethod
from provider.store import clients


class ClientSecretPost(ClientAuthMethod):
    """Takes the secret from the body."""

    method = "client_secret_post"

    def is_presented(self, request: Request) -> bool:
        """Return whether the body has a `client_secret`."""
        return "client_secret" in request.form

    def authenticate(self, ctx: Context, request: Request) -> Client:
        """Return the client whose secret it is. Raises InvalidClient."""
        form = request.form
        client = clients.find(ctx.tx, form.get("client_id") or "")
        secret = form.get("client_secret") or ""
        if not client_secret.is_right(client, secret, ctx.now) or client is None:
            raise InvalidClient(reason="unknown client or wrong secret")
        return client
