"""Whether anybody vouches for a client: where anyone may register, it says of itself what it likes
(RFC 7591 §5). Asked by pages that tell people who wants something of them."""

from provider.context import Context
from provider.model.client import OPEN, STATEMENT, Client


def is_unchecked(ctx: Context, client: Client) -> bool:
    """Return whether nobody vouches for a client: it registered where anyone may, or left out of
    a change the software statement that it came with. One that registered itself before that was
    noted is unchecked for as long as anyone may register."""
    if client.software_statement is not None:
        return False
    if client.registered_by is None:
        return client.dynamic and ctx.settings.registration.mode == "open"
    return client.registered_by in (OPEN, STATEMENT)
