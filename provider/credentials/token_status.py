"""Where an access token stands in a status list (draft-ietf-oauth-status-list-21 §6). All
access tokens of one authorization share a place, and so do all that a client gets for
itself, so issuing one costs no write and ending them is one entry. An authorization gets its
place when it is made, from memory; one from before there were places, or that left its place,
at its next token.

Choice: to revoke a single access token (RFC 7009) is to leave the place, which ends all
access tokens issued until then; the refresh token goes on with new ones. A list that told
them apart would need a place for each token."""

from provider.context import Context
from provider.credentials.refresh_token import refusal
from provider.errors import Overtaken
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.model.status import VALID, StatusPlace
from provider.status_list import writing
from provider.store import accounts, authorizations, clients, token_status


def new_place(ctx: Context) -> StatusPlace:
    """Return a place that nobody else has."""
    return ctx.provider.places.take(ctx.tx, ctx.now, ctx.once_kept)


def claim(ctx: Context, client: Client, authorization: Authorization) -> dict[str, object]:
    """Return the `status` claim of an access token. Raises InvalidGrant where the authorization
    has just ended, Overtaken where the client has just changed."""
    place = _place_of_client(ctx, client) if authorization.id is None else None
    place = place or _place_of(ctx, authorization)
    uri = writing.uri(ctx.issuer, place.number)
    return {"status_list": {"idx": place.index, "uri": uri}}


def named_in(claims: dict[str, object]) -> StatusPlace | None:
    """Return the place that the claims of a token of ours name, if they do."""
    status = claims.get("status")
    found = status.get("status_list") if isinstance(status, dict) else None
    if not isinstance(found, dict):
        return None
    return StatusPlace(int(str(found["uri"]).rpartition("/")[2]), int(found["idx"]))


def is_valid(ctx: Context, place: StatusPlace) -> bool:
    """Return whether nothing called back or suspended the tokens at a place."""
    return token_status.status_of(ctx.reading, place) == VALID


def leave(ctx: Context, authorization_id: str | None, client_id: str, place: StatusPlace) -> None:
    """End the access tokens at a place; who had it gets another when next needed."""
    if authorization_id is None:
        clients.leave_place(ctx.tx, client_id, place, now=ctx.now)
    else:
        authorizations.leave_place(ctx.tx, authorization_id, place, now=ctx.now)


def _place_of(ctx: Context, authorization: Authorization) -> StatusPlace:
    if authorization.status is not None:
        return authorization.status
    # The authorization before the list, as a rotation that goes on to ask for a place holds it.
    held = authorizations.hold(ctx.tx, str(authorization.id))
    if held is not None and held.ended_at is None:
        place = held.status or new_place(ctx)
        if held.status is not None or authorizations.give_place(ctx.tx, str(held.id), place):
            return place
    account = accounts.find(ctx.tx, str(authorization.account_id))
    if account is not None and account.locked_at is not None:
        raise refusal("account_locked")
    raise refusal("unknown_token")


def _place_of_client(ctx: Context, client: Client) -> StatusPlace:
    if client.status is not None:
        return client.status
    place = new_place(ctx)
    if clients.give_place(ctx.tx, client, place):
        return place
    now = clients.find(ctx.tx, client.client_id)
    if now is None or now.status is None or not now.is_unchanged_since(client):
        raise Overtaken(client.client_id)
    return now.status
