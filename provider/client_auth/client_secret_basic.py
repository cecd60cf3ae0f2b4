"""`client_secret_basic` (RFC 6749 §2.3.1): HTTP Basic, whose two halves are form-encoded
first, so that `+` is a space and a colon may stand in either."""

from base64 import b64decode
from binascii import Error as NotBase64
from urllib.parse import unquote_plus

from provider.context import Context
from provider.credentials.guesses import Guesses
from provider.errors import InvalidClient
from provider.http import Request
from provider.model.client import Client
from provider.roles import ClientAuthMethod


class ClientSecretBasic(ClientAuthMethod):
    """Takes the secret from the Authorization header."""

    method = "client_secret_basic"

    def __init__(self) -> None:
        self._guesses = Guesses()

    def is_presented(self, request: Request) -> bool:
        """Return whether there is an Authorization header."""
        return "authorization" in request.headers

    def authenticate(self, ctx: Context, request: Request) -> Client:
        """Return the client whose secret it is. Raises InvalidClient,
        TooManyGuesses."""
        client_id, secret = _credentials(request.headers["authorization"])
        named = request.form.get("client_id")
        client = self._guesses.check(ctx, client_id, ctx.find_claimed(client_id), secret)
        if named is not None and named != client_id:
            raise InvalidClient(reason="client_id in the body is another client")
        return client


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(reason="the Authorization scheme is not Basic")
    try:
        client_id, colon, secret = (
            b64decode(encoded.strip(), validate=True).decode().partition(":")
        )
        if not colon:
            raise InvalidClient(reason="no colon in the Basic credentials")
        return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (NotBase64, UnicodeError, ValueError) as error:
        raise InvalidClient(reason="the Basic credentials can not be decoded") from error
