"""The error page for people: plain words, a reference number under which the log tells
the rest, and for the client's developer the registered code and what to fix."""

from provider.authorization.response import NoReturnAddress
from provider.authorization.waiting import RequestOver
from provider.context import Context
from provider.errors import PageExpired, PageForged, ProtocolError
from provider.http import Response
from provider.interaction.locale import translatable
from provider.interaction.rendering import client_facts, page

_WORDS: dict[type[ProtocolError], tuple[str, str]] = {
    PageExpired: (
        translatable("This page is no longer valid"),
        translatable(
            "It was open for too long, was answered already, or belongs to another browser. "
            "Go back to the application and start again; nothing is lost."
        ),
    ),
    PageForged: (
        translatable("This answer was not accepted"),
        translatable(
            "It did not come from the page it should have come from. Nothing was changed. "
            "Go back to the application and start again."
        ),
    ),
}


def problem(ctx: Context, error: ProtocolError) -> Response:
    """Return the page for a refusal that no client can be told of."""
    title, advice = next(
        (words for kind, words in _WORDS.items() if isinstance(error, kind)), (None, None)
    )
    client = error.client if isinstance(error, NoReturnAddress | RequestOver) else None
    shown = client_facts(ctx, client) if client else None
    received = error.received if isinstance(error, NoReturnAddress) else None
    response = page(
        ctx,
        "problem.html",
        status=error.status_code,
        code=error.error,
        description=error.description or "",
        title=title,
        advice=advice,
        reference=ctx.reference,
        client=shown,
        retry_url=shown["client_uri"] if shown else None,
        details=[(translatable("Received redirect_uri"), received)] if received else [],
    )
    response.headers.extend(error.extra_headers)
    return response


def not_found(ctx: Context) -> Response:
    """Return the page for an address that leads nowhere."""
    return page(
        ctx,
        "problem.html",
        status=404,
        code="not_found",
        description="There is no page at this address.",
        title=None,
        advice=None,
        reference=ctx.reference,
        client=None,
        retry_url=None,
        details=[],
    )
