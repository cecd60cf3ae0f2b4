"""The front page, the pages that explain why a token was refused, and the two questions
a supervisor asks."""

from contextlib import suppress

from provider.context import Context
from provider.credentials import session_cookie
from provider.http import Response
from provider.interaction.problem import not_found
from provider.interaction.reasons import REASONS, find
from provider.interaction.rendering import page
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.patience import IN_PASSING, shorter

SUPERVISED = ("/health/live", "/health/ready")
"""What a supervisor asks; both answer at once."""


def show(ctx: Context) -> Response:
    """Show what this place is."""
    found = session_cookie.find(ctx)
    account = found[1] if found else None
    return page(
        ctx,
        "home.html",
        account={"name": account.display_name, "username": account.username} if account else None,
        account_url=ctx.url("/account"),
    )


def reasons(ctx: Context, code: str | None = None) -> Response:
    """Explain one sub-reason, or list them all."""
    reason = find(code) if code else None
    if code and reason is None:
        return not_found(ctx)
    return page(
        ctx,
        "error_reason.html",
        reason=reason,
        reasons=REASONS,
        index_url=ctx.url("/errors"),
    )


def live(ctx: Context) -> Response:
    """The process answers."""
    del ctx
    return Response.json({"status": "ok"})


def ready(ctx: Context) -> Response:
    """The process can serve: database, schema and keys are there. 503 where they are not.

    Who asks at the same time shares one look, so it may be asked as often as anybody likes.
    """
    with shorter(2 * IN_PASSING):
        schema = ctx.provider.schema.known(look_again=True)
    with suppress(WrongMasterKey, SealBroken):
        ctx.keyring.snapshot(ctx.now)
    found = {"schema": schema.state.value, "keys": "trouble" if ctx.keyring.trouble else "ok"}
    if not schema.serves or ctx.keyring.trouble is not None:
        return Response.json({"status": "not ready", **found}, 503, [("Retry-After", "1")])
    return Response.json({"status": "ok", **found})
