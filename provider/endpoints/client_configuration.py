"""Management of a client by itself (RFC 7592 §2): reading, replacing and deleting what it
registered, with its registration access token. Choice: that token stays the same unless the
client asks for another (`rotation`), and a secret that was shown is never shown again."""

from dataclasses import replace
from http import HTTPStatus

from provider import bearer
from provider.context import Context
from provider.credentials import client_secret, opaque
from provider.errors import InvalidRequest, InvalidToken, ProtocolError
from provider.http import NO_STORE, Request, Response
from provider.model.client import Client
from provider.registration import answer, document, enrolling, logo, rotation, rules, sector
from provider.registration.problem import NotRegistrable
from provider.roles import Endpoint
from provider.store import clients

_SERVER_SET = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


class ClientConfiguration(Endpoint):
    """Shows, replaces or deletes one client that registered itself."""

    path = "/register/"
    methods = ("GET", "PUT", "DELETE")
    specs = ("RFC 7592 section 2",)
    cors = "public"

    def respond(self, ctx: Context, request: Request) -> Response:
        """Answer to the client that the address names."""
        client, token = _open_gate(ctx, request)
        if request.method == "GET":
            return answer.managed(ctx, client, rotation.newest_token(ctx, client, token))
        if request.method == "DELETE":
            return _delete(ctx, client)
        return _replace(ctx, request, client, token)


def _open_gate(ctx: Context, request: Request) -> tuple[Client, str]:
    """Return the client and its token. Unknown clients and wrong tokens look the same."""
    try:
        token = bearer.presented(request)
        found = clients.find_by_registration(ctx.tx, opaque.digest(token), ctx.now)
        named = request.path.rpartition("/")[2]
        if found is None or found.disabled_at is not None or found.client_id != named:
            raise _not_the_token(ctx, named, found)
    except ProtocolError as error:
        raise bearer.refusal(ctx, error, "") from None
    ctx.client = found
    return found, token


def _not_the_token(ctx: Context, named: str, found: Client | None) -> InvalidToken:
    """Return the refusal; that somebody tried is written down where the client exists."""
    whose = "nobody's, or of a client that is disabled" if found is None else "another client's"
    reason = f"the registration access token is {whose}"
    if ctx.find_client(named) is not None:
        ctx.record_refusal("client_management_refused", reason=reason, client_id=named)
    return InvalidToken(reason=reason)


def _delete(ctx: Context, client: Client) -> Response:
    clients.remove(ctx.tx, client.client_id, now=ctx.now)
    ctx.record("client_removed", client_id=client.client_id, detail={"name": client.client_name})
    return Response(status=HTTPStatus.NO_CONTENT, headers=list(NO_STORE))


def _replace(ctx: Context, request: Request, found: Client, token: str) -> Response:
    """Replace everything; what is left out goes back to its default (RFC 7592 §2.2)."""
    sent = document.members(request)
    if sent.get("client_id") != found.client_id:
        raise InvalidRequest("The client_id member is missing or not the one of this address.")
    if any(name in sent for name in _SERVER_SET):
        raise InvalidRequest("The request holds a member that only the server sets.")
    secret = sent.get("client_secret")
    if secret is not None and not (
        isinstance(secret, str) and client_secret.is_right(found, secret, ctx.now)
    ):
        raise InvalidRequest("The client_secret member is not the current secret.")
    try:
        client = document.read(ctx, sent, found.client_id)
        rules.check(client, ctx.provider)
        rotates = rotation.wanted(sent, client)
        if sector.check(ctx, client) | logo.check(ctx, client, before=found):
            found, token = _open_gate(ctx, request)
    except NotRegistrable as error:
        raise document.refused(error) from None
    client = replace(client.with_policy(found.policy), created_at=found.created_at)
    new_secret = enrolling.change(ctx, found, client)
    if new_secret is None and rotation.SECRET in rotates:
        new_secret = rotation.rotate_secret(ctx, replace(client, secrets=found.secrets))
    follow = rotation.rotate_token if rotation.TOKEN in rotates else rotation.newest_token
    try:
        token = follow(ctx, client, token)
    except InvalidToken as error:
        raise bearer.refusal(ctx, error, "") from None
    return answer.managed(ctx, client, token, new_secret)
