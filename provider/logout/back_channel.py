"""Telling clients directly that a session ended (OpenID Connect Back-Channel Logout §2.5):
what is to be told is written down in the transaction that ends the session, so that neither
is without the other; `delivery` sends it. A client that is removed is told nothing more."""

from collections.abc import Iterable

from provider.ambient import identifier
from provider.claims.subject import subject_of
from provider.context import Context
from provider.credentials import sid
from provider.model.client import Client
from provider.model.session import Session
from provider.parts import Metadata
from provider.roles import LogoutChannel
from provider.store import logout_deliveries
from provider.store.logout_deliveries import Delivery

KEPT = 7 * 86400
"""Seconds that a delivery can be looked up, whatever became of it."""


class BackChannel(LogoutChannel):
    """Queues a logout token for each client that has an address for it."""

    def tell(self, ctx: Context, session: Session, clients: Iterable[Client], reason: str) -> None:
        """Write down what is to be told."""
        for client in clients:
            if client.backchannel_logout_uri:
                logout_deliveries.add(ctx.tx, _delivery(ctx, session, client, reason))

    def metadata(self, issuer: str) -> Metadata:
        """Return that clients are told, and of which session."""
        del issuer
        return {"backchannel_logout_supported": True, "backchannel_logout_session_supported": True}


def _delivery(ctx: Context, session: Session, client: Client, reason: str) -> Delivery:
    return Delivery(
        id=identifier(ctx.entropy),
        client_id=client.client_id,
        subject=subject_of(ctx, session.account_id, client),
        sid=sid.of(session.id, client),
        reason=reason,
        created_at=ctx.now,
        next_attempt_at=ctx.now,
        expires_at=ctx.now + KEPT,
    )
