"""The sector document of a client (OpenID Connect Core §8.1, OpenID Connect Dynamic Client
Registration §5): it must list every redirect URI, or the client could take part in a sector
that does not know it. Called by whoever registers or changes a client."""

from provider.context import Context
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed
from provider.outgoing.sector import redirect_uris_in
from provider.registration.problem import NotRegistrable

_FIELD = "sector_identifier_uri"


def check(ctx: Context, client: Client) -> bool:
    """Raise NotRegistrable unless the sector knows the client. Return whether it was asked.

    No transaction stays open while we wait for another server, so what was written before is
    undone where this returns True: call it first, and decide about the request after it.
    """
    if client.sector_identifier_uri is None:
        return False
    ctx.work.close()
    try:
        listed = redirect_uris_in(ctx.provider.fetcher, client.sector_identifier_uri)
    except FetchFailed as error:
        raise NotRegistrable(f"the sector document: {error.reason}", _FIELD) from None
    if missing := sorted(set(client.redirect_uris) - set(listed)):
        raise NotRegistrable(f"the sector document does not list {missing[0]}", _FIELD)
    return True
