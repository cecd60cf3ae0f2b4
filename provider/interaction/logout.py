"""Signing out at a client's wish (OpenID Connect RP-Initiated Logout §2, §3). A genuine
hint for the person who is signed in ends the session at once; without one the person is
asked. Nobody is sent to an address the client did not register."""

from urllib.parse import urlencode

from provider.context import Context
from provider.credentials import session_cookie
from provider.http import Parameters, Response
from provider.interaction import csrf
from provider.interaction.rendering import client_facts, form_target, page
from provider.logout import ending, rp_initiated
from provider.logout.rp_initiated import LogoutRequest
from provider.model.account import Account
from provider.model.session import Session


def end_session(ctx: Context, parameters: Parameters) -> Response:
    """Answer a logout request."""
    request = rp_initiated.read(ctx, parameters)
    found = session_cookie.find(ctx)
    if found is None:
        return _afterwards(ctx, request)
    session, account = found
    if request.subject is not None and request.subject == account.id and not request.refused_uri:
        ending.end_session(ctx, session)
        return _afterwards(ctx, request)
    return _confirm(ctx, parameters, request, session, account)


def submit(ctx: Context) -> Response:
    """Take the person's answer."""
    request = rp_initiated.read(ctx, ctx.request.query)
    found = session_cookie.find(ctx)
    if found is None:
        return _afterwards(ctx, request)
    form = ctx.request.form
    csrf.check(ctx, _form(found[0]), form.get("csrf_token"))
    if form.get("action") != "confirm":
        return Response.see_other(ctx.url("/account"))
    ending.end_session(ctx, found[0])
    return _afterwards(ctx, request)


def signed_out(ctx: Context) -> Response:
    """Show that nobody is signed in here any more."""
    return page(ctx, "signed_out.html")


def _afterwards(ctx: Context, request: LogoutRequest) -> Response:
    leaving = request.return_uri
    response = Response.see_other(leaving) if leaving is not None else signed_out(ctx)
    response.headers.append(("Set-Cookie", session_cookie.forget(ctx)))
    return response


def _form(session: Session) -> str:
    return f"logout {session.id}"


def _confirm(
    ctx: Context,
    parameters: Parameters,
    request: LogoutRequest,
    session: Session,
    account: Account,
) -> Response:
    query = urlencode(parameters.as_lists(), doseq=True)
    browser, cookie = session_cookie.known_browser(ctx)
    response = page(
        ctx,
        "logout_confirm.html",
        form_targets=form_target(request.return_uri),
        account={"name": account.display_name, "username": account.username},
        client=client_facts(request.client) if request.client else None,
        action=ctx.url("/logout/confirm" + (f"?{query}" if query else "")),
        csrf_token=csrf.token(ctx, _form(session), browser),
    )
    response.headers.append(("Set-Cookie", cookie))
    return response
