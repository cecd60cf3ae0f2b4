"""The gate of our own protected resources (RFC 6750): finds the access token, and answers
a challenge where it does not open the door. Nobody else reads a bearer token."""

from provider.context import Context
from provider.credentials import access_token
from provider.credentials.access_token import AccessToken, Standing
from provider.errors import InsufficientScope, InvalidRequest, InvalidToken, ProtocolError
from provider.http import Request


class NoToken(ProtocolError):
    """No token was presented: a challenge without an error code (RFC 6750 §3.1)."""

    status_code = 401
    error = ""
    default_description = "An access token is required."


def open_gate(ctx: Context, request: Request, *, scope: str) -> tuple[AccessToken, Standing]:
    """Return the access token of a request to a resource of ours that needs `scope`.

    Raises a ProtocolError that carries its challenge.
    """
    try:
        return _open(ctx, request, scope)
    except ProtocolError as error:
        raise refusal(ctx, error, scope) from None


def refusal(ctx: Context, error: ProtocolError, scope: str) -> ProtocolError:
    """Return the error with its challenge (RFC 6750 §3)."""
    error.extra_headers = (("WWW-Authenticate", _challenge(ctx, error, scope)),)
    return error


def _challenge(ctx: Context, error: ProtocolError, scope: str) -> str:
    fields = [f'realm="{ctx.issuer}"']
    if not isinstance(error, NoToken):
        fields.append(f'error="{error.error}"')
        fields.append(f'error_description="{error.description}"')
    if isinstance(error, InsufficientScope):
        fields.append(f'scope="{scope}"')
    return "Bearer " + ", ".join(fields)


def _open(ctx: Context, request: Request, scope: str) -> tuple[AccessToken, Standing]:
    token = access_token.read(ctx, presented(request))
    if token is None or ctx.issuer not in token.audience:
        raise InvalidToken
    if scope not in token.scopes:
        raise InsufficientScope(f"The access token lacks the scope {scope}.")
    standing = access_token.standing(ctx, token)
    if standing is None:
        raise InvalidToken
    return token, standing


def presented(request: Request) -> str:
    """Return the token from the header or the body, but not both (RFC 6750 §2).

    Stricter: a token in the query is refused (RFC 9700 §4.3.2).
    """
    if "access_token" in request.query:
        raise InvalidRequest("Send the access token in the Authorization header.")
    found = []
    if header := request.headers.get("authorization"):
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            found.append(value.strip())
    if request.method == "POST" and request.is_form:
        found.extend(request.form.getlist("access_token"))
    if len(found) > 1:
        raise InvalidRequest("The access token is sent in more than one way.")
    if not found:
        raise NoToken
    return found[0]
