"""Signing out at a client's wish (OpenID Connect RP-Initiated Logout §2, §3). A genuine
hint for the person who is signed in ends the session at once; without one the person is
asked, and asked again where the client that asks, or the address it wants them sent to, is not
what the page showed. Nobody is sent to an address the client did not register."""

from base64 import b64encode
from urllib.parse import urlencode

from provider.claims.subject import is_subject
from provider.context import Context
from provider.credentials import session_cookie
from provider.http import Parameters, Response
from provider.interaction import csrf, shown
from provider.interaction.rendering import client_facts, form_target, page
from provider.logout import ending, front_channel, rp_initiated
from provider.logout.rp_initiated import LogoutRequest
from provider.model.account import Account
from provider.model.session import Session
from provider.model.shown import Shown, introduction


def end_session(ctx: Context, parameters: Parameters) -> Response:
    """Answer a logout request."""
    request = rp_initiated.read(ctx, parameters)
    found = session_cookie.find(ctx)
    if found is None:
        return _afterwards(ctx, request)
    session, account = found
    is_asked_again = parameters.get("why") == shown.CHANGED
    if _is_hinted(ctx, request, account) and not request.refused_uri and not is_asked_again:
        return leave(ctx, session, request.return_uri)
    return _confirm(ctx, parameters, request, session, account)


def submit(ctx: Context) -> Response:
    """Take the person's answer."""
    parameters = ctx.request.query
    request = rp_initiated.read(ctx, parameters)
    found = session_cookie.find(ctx)
    if found is None:
        return _afterwards(ctx, request)
    session, account = found
    form = ctx.request.form
    csrf.check(ctx, _form(session), form.get("csrf_token"), account_id=account.id)
    if form.get("action") != "confirm":
        return Response.see_other(ctx.url("/account"))
    if not shown.is_what(ctx, _form(session), _shown(request).to_json()):
        again = {**parameters.as_lists(), "why": shown.CHANGED}
        return Response.see_other(ctx.url(f"/logout?{urlencode(again, doseq=True)}"))
    return leave(ctx, session, request.return_uri)


def signed_out(ctx: Context) -> Response:
    """Show that nobody is signed in here any more."""
    return page(ctx, "signed_out.html")


def leave(ctx: Context, session: Session, onward: str | None) -> Response:
    """End the session of this browser, let the browser tell the clients that want to hear
    of it that way (OpenID Connect Front-Channel Logout §2), and go on to `onward`."""
    ending.end_session(ctx, session)
    addresses = front_channel.addresses(ctx, session)
    if not addresses:
        return _forgetting(ctx, _onward(ctx, onward))
    told = page(
        ctx,
        "front_channel.html",
        framed=addresses,
        nonce=b64encode(ctx.entropy.token_bytes(16)).decode(),
        addresses=addresses,
        onward=onward or ctx.url("/signed-out"),
    )
    return _forgetting(ctx, told)


def _afterwards(ctx: Context, request: LogoutRequest) -> Response:
    return _forgetting(ctx, _onward(ctx, request.return_uri))


def _onward(ctx: Context, onward: str | None) -> Response:
    return Response.see_other(onward) if onward is not None else signed_out(ctx)


def _forgetting(ctx: Context, response: Response) -> Response:
    response.headers.extend(("Set-Cookie", cookie) for cookie in session_cookie.forget(ctx))
    return response


def _is_hinted(ctx: Context, request: LogoutRequest, account: Account) -> bool:
    if request.subject is None or request.client is None:
        return False
    return is_subject(ctx, request.subject, account.id, request.client)


def _form(session: Session) -> str:
    return f"logout {session.id}"


def _shown(request: LogoutRequest) -> Shown:
    who = introduction(request.client) if request.client else {}
    return Shown(client=who, destination=request.return_uri)


def _confirm(
    ctx: Context,
    parameters: Parameters,
    request: LogoutRequest,
    session: Session,
    account: Account,
) -> Response:
    ui_locales = parameters.get("ui_locales")
    query = urlencode(parameters.as_lists(), doseq=True)
    browser, cookie = session_cookie.known_browser(ctx)
    response = page(
        ctx,
        "logout_confirm.html",
        form_targets=form_target(request.return_uri),
        account={"name": account.display_name, "username": account.username},
        client=client_facts(ctx, request.client, ui_locales=ui_locales)
        if request.client
        else None,
        has_changed=parameters.get("why") == shown.CHANGED,
        ui_locales=ui_locales,
        action=ctx.url("/logout/confirm" + (f"?{query}" if query else "")),
        csrf_token=csrf.token(ctx, _form(session), browser),
        shown=shown.statement(ctx, _form(session), _shown(request).to_json(), browser),
    )
    response.headers.append(("Set-Cookie", cookie))
    return response
