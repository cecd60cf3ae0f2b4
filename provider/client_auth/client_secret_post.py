"""`client_secret_post` (RFC 6749 §2.3.1): the secret in the body, never in the query."""

from provider.context import Context
from provider.credentials.guesses import Guesses
from provider.http import Request
from provider.model.client import Client
from provider.roles import ClientAuthMethod


class ClientSecretPost(ClientAuthMethod):
    """Takes the secret from the body."""

    method = "client_secret_post"

    def __init__(self) -> None:
        self._guesses = Guesses()

    def is_presented(self, request: Request) -> bool:
        """Return whether the body has a `client_secret`."""
        return "client_secret" in request.form

    def authenticate(self, ctx: Context, request: Request) -> Client:
        """Return the client whose secret it is. Raises InvalidClient,
        TooManyGuesses."""
        form = request.form
        client_id = form.get("client_id") or ""
        found = ctx.find_claimed(client_id)
        return self._guesses.check(ctx, client_id, found, form.get("client_secret") or "")
