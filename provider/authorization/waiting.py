"""Authorization requests that wait for a page. Each has a handle of its own, bound to the
browser that brought it (RFC 9700 §4.7), so any number of tabs stay apart; pages come back to the
authorization endpoint with the handle and never call each other."""

from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.errors import PageExpired
from provider.http import Parameters, Response
from provider.model.authorization_request import SingleUse, StoredRequest
from provider.model.client import Client
from provider.store import authorization_requests


class RequestOver(PageExpired):
    """A page of a request of this browser's that is over. The way on is the client's."""

    def __init__(self, client: Client | None) -> None:
        super().__init__(reason="expired or finished handle")
        self.client = client


def store(
    ctx: Context, parameters: Parameters, single_use: SingleUse | None, client_id: str
) -> tuple[str, str]:
    """Remember a request. Return its handle, and the cookie by which its browser is known."""
    browser, cookie = session_cookie.known_browser(ctx)
    handle = opaque.new(ctx.entropy, opaque.HANDLE)
    authorization_requests.add(
        ctx.tx,
        digest=opaque.digest(handle),
        browser_digest=opaque.digest(browser),
        client_id=client_id,
        parameters=parameters.as_lists(),
        single_use=single_use,
        now=ctx.now,
        expires_at=ctx.now + ctx.settings.lifetimes.authorization_request,
    )
    return handle, cookie


def find(ctx: Context, handle: str) -> StoredRequest:
    """Return the request behind a handle of this browser. Raises PageExpired."""
    stored = authorization_requests.find(ctx.tx, opaque.digest(handle))
    browser = session_cookie.browser(ctx)
    if stored is None:
        raise PageExpired(reason="unknown handle")
    if browser is None or opaque.digest(browser) != stored.browser_digest:
        raise PageExpired(reason="the handle belongs to another browser")
    if stored.expires_at <= ctx.now or stored.finished_at is not None:
        client = ctx.find_client(stored.client_id)
        raise RequestOver(client)
    return stored


def resume(ctx: Context, handle: str) -> Response:
    """Send the browser back to have the decision taken afresh."""
    return Response.see_other(ctx.url(f"/authorize?handle={handle}"))


def finish(ctx: Context, stored: StoredRequest) -> None:
    """Close a request that is being answered. Raises PageExpired where another was faster."""
    if not authorization_requests.finish(ctx.tx, stored.digest, ctx.now):
        raise PageExpired(reason="finished by a parallel request")
