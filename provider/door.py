"""The door of every request: opens the context, ends the transaction, and turns what was
raised into an answer. A refusal undoes the work unless it says to keep it; what was overtaken
by a change is decided anew, once; an outage is told apart from a verdict; a bug becomes a
reference number and an alarm in the log."""

from collections.abc import Callable
from http import HTTPStatus

from authlib.oauth2 import OAuth2Error

from provider import logs
from provider.context import Context, Provider, log
from provider.errors import (
    Overtaken,
    ProtocolError,
    ServerError,
    TemporarilyUnavailable,
    in_our_words,
)
from provider.http import NO_STORE, Request, Response
from provider.store.unit_of_work import StorageUnavailable, outages
from provider.turns import Crowded

Respond = Callable[[Context], Response]
Render = Callable[[Context, ProtocolError], Response]


def answer(
    provider: Provider, request: Request, respond: Respond, render: Render, *, read_only: bool
) -> Response:
    """Return the answer to one request; `render` turns a refusal into one."""
    ctx = provider.open(request, read_only=read_only)
    about = logs.REQUEST.set(ctx)
    try:
        return _attempt(ctx, respond, render)
    finally:
        logs.REQUEST.reset(about)
        ctx.work.close()


def _attempt(ctx: Context, respond: Respond, render: Render) -> Response:
    try:
        with outages():
            return _respond(ctx, respond)
    except OAuth2Error as error:
        return _refuse(ctx, in_our_words(error), render)
    except StorageUnavailable as error:
        return _refuse(ctx, TemporarilyUnavailable(reason=str(error)), render)
    except Overtaken as overtaken:
        return _refuse(ctx, TemporarilyUnavailable(reason=f"again, {overtaken}"), render)
    except Crowded:
        reason = "too many requests wait for other servers"
        return _refuse(ctx, TemporarilyUnavailable(reason=reason), render)
    except Exception:
        log.exception("bug", path=ctx.request.path, reference=ctx.reference)
        return _refuse(ctx, ServerError(reason="see the alarm above"), render)


def _respond(ctx: Context, respond: Respond) -> Response:
    try:
        return _kept(ctx, respond)
    except Overtaken as overtaken:
        ctx.begin_again(overtaken)
    return _kept(ctx, respond)


def _kept(ctx: Context, respond: Respond) -> Response:
    response = respond(ctx)
    ctx.keep()
    return response


def _refuse(ctx: Context, error: ProtocolError, render: Render) -> Response:
    try:
        with outages():
            if error.keeps_work:
                ctx.keep()
            else:
                ctx.undo(is_verdict=error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR)
    except StorageUnavailable as outage:
        error = TemporarilyUnavailable(reason=str(outage))
    ctx.report_refusal(error)
    return render(ctx, error)


def as_json(ctx: Context, error: ProtocolError) -> Response:
    """Render a refusal for a machine (RFC 6749 §5.2)."""
    body: dict[str, str] = {}
    if error.error:
        body["error"] = error.error
        if error.description:
            body["error_description"] = error.description
    if error.sub_reason:
        body["error_uri"] = ctx.url(f"/errors/{error.sub_reason}")
    headers = [*NO_STORE, ("Signet-Reference", ctx.reference), *error.extra_headers]
    return Response.json(body, error.status_code, headers)
