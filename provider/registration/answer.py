"""The client information response (RFC 7591 §3.2.1, RFC 7592 §3): everything registered, and how
to manage it. A secret is in it only when it was just made, for only its digest is kept."""

from http import HTTPStatus
from urllib.parse import quote

from provider.context import Context
from provider.http import NO_STORE, Response
from provider.model.client import Client
from provider.registration import document


def registered(
    ctx: Context, client: Client, *, issued_at: int, token: str, secret: str | None = None
) -> Response:
    """Return the answer to a registration."""
    return _answer(ctx, client, issued_at, token, secret, HTTPStatus.CREATED)


def managed(ctx: Context, client: Client, token: str, secret: str | None = None) -> Response:
    """Return the answer to a reading or a change. The token is the one to go on with."""
    return _answer(ctx, client, client.created_at, token, secret, HTTPStatus.OK)


def _answer(
    ctx: Context, client: Client, issued_at: int, token: str, secret: str | None, status: int
) -> Response:
    body = {
        "client_id": client.client_id,
        "client_id_issued_at": issued_at,
        **document.written(client),
        "registration_client_uri": ctx.url(f"/register/{quote(client.client_id, safe='')}"),
        "registration_access_token": token,
    }
    if secret is not None:
        body |= {"client_secret": secret, "client_secret_expires_at": 0}
    return Response.json(body, status, NO_STORE)
