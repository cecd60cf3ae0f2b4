"""Which addresses the browser loads so that clients hear of the end of a session (OpenID
Connect Front-Channel Logout §2, §3). Called by the pages that sign out. Choice: `iss` and
`sid` are always there, whether the client requires them or not."""

from urllib.parse import urlencode

from provider.context import Context
from provider.credentials import sid
from provider.model.client import Client
from provider.model.session import Session
from provider.store import session_clients


def addresses(ctx: Context, session: Session) -> list[str]:
    """Return the addresses to load for a session that has just ended."""
    clients = session_clients.clients(ctx.tx, session.id)
    return [
        _address(ctx, client.frontchannel_logout_uri, session, client)
        for client in clients
        if client.frontchannel_logout_uri and client.disabled_at is None
    ]


def _address(ctx: Context, uri: str, session: Session, client: Client) -> str:
    query = urlencode({"iss": ctx.issuer, "sid": sid.of(session.id, client)})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
