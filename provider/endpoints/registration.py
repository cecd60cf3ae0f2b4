"""Client registration (RFC 7591 §3, OpenID Connect Dynamic Client Registration §3): an
application introduces itself and receives its credentials. Open to all, or to holders of an
initial access token, as `registration.mode` says. CORS for all: no cookie is involved."""

from provider import bearer
from provider.ambient import typeable_identifier
from provider.context import Context
from provider.errors import InvalidToken, ProtocolError
from provider.http import Request, Response
from provider.model.client import ClientPolicy
from provider.registration import access, answer, document, enrolling, logo, rules, sector
from provider.registration.problem import NotRegistrable
from provider.roles import Endpoint


class Registration(Endpoint):
    """Registers a client."""

    path = "/register"
    name = "registration_endpoint"
    specs = ("RFC 7591 section 3", "OpenID Connect Dynamic Client Registration 1.0 section 3")
    cors = "public"

    def respond(self, ctx: Context, request: Request) -> Response:
        """Answer 201 with everything registered, the secret and the management token."""
        access.check_attempts(ctx)
        _admit(ctx, request)
        sent = document.members(request)
        try:
            client = document.read(ctx, sent, typeable_identifier(ctx.entropy))
            rules.check(client, ctx.provider)
            if sector.check(ctx, client) | logo.check(ctx, client):
                _admit(ctx, request)
        except NotRegistrable as error:
            raise document.refused(error) from None
        access.count_attempt(ctx)
        client = client.with_policy(ClientPolicy(resources=ctx.settings.registration.resources))
        token = enrolling.new_token(ctx)
        secret = enrolling.enrol(ctx, client, token)
        return answer.registered(ctx, client, issued_at=ctx.now, token=token, secret=secret)


def _admit(ctx: Context, request: Request) -> None:
    """Use up one use of the initial access token. A refused registration gives it back."""
    if ctx.settings.registration.mode == "token":
        _open_gate(ctx, request)
    access.check_room(ctx)


def _open_gate(ctx: Context, request: Request) -> None:
    try:
        if not access.use_initial_token(ctx, bearer.presented(request)):
            raise InvalidToken
    except ProtocolError as error:
        raise bearer.refusal(ctx, error, "") from None
