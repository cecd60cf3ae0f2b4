"""The sign-in page of an authorization request. It does one thing, and then sends the
browser back to the authorization endpoint, which decides what follows. Who signs in does so for
the client that the page named; where that calls itself otherwise by now, the page is shown anew
before a password is looked at."""

from contextlib import suppress

from provider.authorization import waiting
from provider.authorization.response import ReturnAddress, prove
from provider.authorization.scope import granted
from provider.context import Context
from provider.credentials import session_cookie
from provider.errors import AccessDenied, InvalidScope
from provider.http import Parameters, Response
from provider.interaction import csrf, shown
from provider.interaction.rendering import client_facts, form_target, page
from provider.interaction.signing_in import Refused, attempt
from provider.model.shown import Shown, introduction
from provider.store import authorization_requests

REASONS = ("reauthenticate", "max_age", "other_account", shown.CHANGED)


def show(ctx: Context, handle: str) -> Response:
    """Show the form; somebody who is signed in already and need not be asked goes on."""
    stored = waiting.find(ctx, handle)
    asked = ctx.request.query.get("why")
    reason = asked if asked in REASONS else None
    found = session_cookie.find(ctx)
    if found is not None and reason is None:
        return waiting.resume(ctx, handle)
    parameters = Parameters.from_lists(stored.parameters)
    prefill = parameters.get("login_hint")
    if found is not None and reason != "other_account":
        prefill = found[1].username
    if found is None and reason != shown.CHANGED:
        reason = session_cookie.why_signed_out(ctx) or reason
    return _form(ctx, handle, parameters, username=prefill, reason=reason)


def submit(ctx: Context, handle: str) -> Response:
    """Take the answer: sign in, or tell the client that the person would not."""
    form = ctx.request.form
    csrf.check(ctx, _named(handle), form.get("csrf_token"))
    stored = waiting.find(ctx, handle)
    parameters = Parameters.from_lists(stored.parameters)
    address, _ = prove(ctx, parameters)
    if form.get("action") == "cancel":
        waiting.finish(ctx, stored)
        return _cancelled(ctx, address, parameters)
    if not shown.is_what(ctx, _named(handle), _shown(address).to_json()):
        page = f"/interaction/{handle}/login?why={shown.CHANGED}"
        return Response.see_other(ctx.url(page))
    outcome = attempt(ctx, form)
    if isinstance(outcome, Refused):
        return _form(ctx, handle, parameters, username=form.get("username"), refused=outcome)
    authorization_requests.mark_authenticated(ctx.tx, stored.digest, outcome.session.id)
    return outcome.carry(waiting.resume(ctx, handle))


def _cancelled(ctx: Context, address: ReturnAddress, parameters: Parameters) -> Response:
    client, found = address.client, session_cookie.find(ctx)
    scopes: tuple[str, ...] = ()
    with suppress(InvalidScope):  # the client may have none of them any more
        scopes = granted(client, parameters.get("scope"), parameters.get("response_type"))
    told = session_cookie.told(ctx, client, address.redirect_uri, scopes, found)
    response = address.error(ctx, AccessDenied("The person did not sign in."), told)
    response.headers.extend(("Set-Cookie", cookie) for cookie in session_cookie.notice(ctx, found))
    return response


def _named(handle: str) -> str:
    return f"login {handle}"


def _shown(address: ReturnAddress) -> Shown:
    return Shown(client=introduction(address.client), destination=address.redirect_uri)


def _form(
    ctx: Context,
    handle: str,
    parameters: Parameters,
    *,
    username: str | None,
    reason: str | None = None,
    refused: Refused | None = None,
) -> Response:
    address, _ = prove(ctx, parameters)
    response = page(
        ctx,
        "login.html",
        status=_status(refused),
        form_targets=form_target(address.redirect_uri),
        client=client_facts(
            ctx,
            address.client,
            redirect_uri=address.redirect_uri,
            ui_locales=parameters.get("ui_locales"),
        ),
        ui_locales=parameters.get("ui_locales"),
        action=ctx.url(f"/interaction/{handle}/login"),
        csrf_token=csrf.token(ctx, _named(handle)),
        shown=shown.statement(ctx, _named(handle), _shown(address).to_json()),
        username=username,
        error=refused.error if refused else None,
        retry_after=refused.retry_after if refused else None,
        reason=reason,
        cancel_url_present=True,
    )
    if refused and refused.retry_after:
        response.headers.append(("Retry-After", str(refused.retry_after)))
    return response


def _status(refused: Refused | None) -> int:
    if refused is None:
        return 200
    return 429 if refused.retry_after else 400
