"""The account page: which applications have access, where the person is signed in, what
happened lately; each can be withdrawn or ended here, at once. Choice: to sign others out one
must have signed in lately (OWASP ASVS 7.5.2), so that a stolen session can not lock the owner
out of it; to withdraw access or to leave oneself is always possible. Each form states what it
takes away by its id, which no client can change; what a client calls itself by now, or got
meanwhile, does not hold up a withdrawal."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from provider.context import Context
from provider.credentials import session_cookie
from provider.http import Parameters, Response
from provider.interaction import activity, applications, browser_name, csrf, logout, shown
from provider.interaction.rendering import language, page
from provider.interaction.signing_in import Refused, attempt
from provider.logout import ending
from provider.model.account import Account
from provider.model.client import Client
from provider.model.session import Session
from provider.store import clients, sessions

_AGAIN = "reauthenticate"
_NOTICES = ("withdrawn", "session_ended", "others_ended", shown.CHANGED)
_OTHERS = {"ends": "all other sessions"}
_SIGN_OUT = {"ends": "this session"}
"""What the two forms without an id take away."""

_LATELY = 15 * 60
"""Seconds after a sign-in in which other sessions can be ended."""


def show(ctx: Context) -> Response:
    """Show the account of whoever is signed in."""
    found = session_cookie.find(ctx)
    if found is None:
        return Response.see_other(ctx.url("/account/login"))
    session, account = found
    notice = ctx.request.query.get("notice")
    live = sessions.list_live(ctx.tx, account.id, ctx.now)
    browser, cookie = session_cookie.known_browser(ctx)
    states = partial(_states, ctx, session, browser)
    response = page(
        ctx,
        "account.html",
        account={
            "name": account.display_name,
            "username": account.username,
            "email": account.email,
            "email_verified": account.claims.get("email_verified", False),
        },
        apps=[
            {**app, "shown": states({"withdraws": app["id"]})}
            for app in applications.shown_to(ctx, account)
        ],
        sessions=[{**_session(one, session), "shown": states({"ends": one.id})} for one in live],
        events=_activity(ctx, account),
        notice=notice if notice in _NOTICES else None,
        csrf_token=csrf.token(ctx, _form(session), browser),
        shown_end_others=states(_OTHERS),
        shown_sign_out=states(_SIGN_OUT),
        action_withdraw=ctx.url("/account/withdraw"),
        action_end_session=ctx.url("/account/sessions/end"),
        action_end_others=ctx.url("/account/sessions/end-others"),
        action_sign_out=ctx.url("/account/sign-out"),
    )
    response.headers.append(("Set-Cookie", cookie))
    return response


def show_login(ctx: Context) -> Response:
    """Show the sign-in form of the account page, to somebody signed in only to confirm it."""
    found = session_cookie.find(ctx)
    if found is None:
        response = _login_form(ctx)
    elif ctx.request.query.get("why") == _AGAIN:
        response = _login_form(ctx, found[1].username, reason=_AGAIN)
    else:
        return Response.see_other(ctx.url("/account"))
    response.headers.extend(("Set-Cookie", one) for one in session_cookie.notice(ctx, found))
    return response


def submit_login(ctx: Context) -> Response:
    """Sign in to the account page."""
    form = ctx.request.form
    csrf.check(ctx, "account login", form.get("csrf_token"))
    outcome = attempt(ctx, form)
    if isinstance(outcome, Refused):
        return _login_form(ctx, form.get("username"), outcome)
    return outcome.carry(Response.see_other(ctx.url("/account")))


Act = Callable[[Context, Session, Account], Response]
Page = Callable[[Context], Response]
Taken = Callable[[Parameters], dict[str, str]]


def _taking_away(taken: Taken) -> Callable[[Act], Page]:
    """Make a page of an act that needs a session and that form of this page which states what is
    `taken` away: what the submitted fields name."""

    def page_of(act: Act) -> Page:
        @wraps(act)
        def page_of_act(ctx: Context) -> Response:
            found = session_cookie.find(ctx)
            if found is None:
                return Response.see_other(ctx.url("/account/login"))
            session, account = found
            sent = ctx.request.form
            csrf.check(ctx, _form(session), sent.get("csrf_token"), account_id=account.id)
            if not shown.is_what(ctx, _form(session), taken(sent)):
                return Response.see_other(ctx.url(f"/account?notice={shown.CHANGED}"))
            return act(ctx, session, account)

        return page_of_act

    return page_of


def _signed_in_lately(act: Act) -> Act:
    """Ask for the password again before an act, where the sign-in is long ago."""

    @wraps(act)
    def act_if_lately(ctx: Context, session: Session, account: Account) -> Response:
        if ctx.now - session.authentication.auth_time > _LATELY:
            return Response.see_other(ctx.url(f"/account/login?why={_AGAIN}"))
        return act(ctx, session, account)

    return act_if_lately


@_taking_away(lambda sent: {"withdraws": sent.get("client_id") or ""})
def withdraw(ctx: Context, session: Session, account: Account) -> Response:
    """Withdraw everything one application was granted."""
    del session
    ending.withdraw(ctx, account.id, ctx.request.form.get("client_id") or "")
    return Response.see_other(ctx.url("/account?notice=withdrawn"))


@_taking_away(lambda sent: {"ends": sent.get("session_id") or ""})
@_signed_in_lately
def end_session(ctx: Context, session: Session, account: Account) -> Response:
    """End another of the person's sessions."""
    del session
    wanted = ctx.request.form.get("session_id")
    for one in sessions.list_live(ctx.tx, account.id, ctx.now):
        if one.id == wanted:
            ending.end_session(ctx, one)
    return Response.see_other(ctx.url("/account?notice=session_ended"))


@_taking_away(lambda _sent: _OTHERS)
@_signed_in_lately
def end_others(ctx: Context, session: Session, account: Account) -> Response:
    """End all sessions but this one."""
    ending.end_sessions(ctx, account.id, except_id=session.id)
    return Response.see_other(ctx.url("/account?notice=others_ended"))


@_taking_away(lambda _sent: _SIGN_OUT)
def sign_out(ctx: Context, session: Session, account: Account) -> Response:
    """End this session."""
    del account
    return logout.leave(ctx, session, ctx.url("/signed-out"))


def _form(session: Session) -> str:
    return f"account {session.id}"


def _states(ctx: Context, session: Session, browser: str, what: dict[str, str]) -> str:
    return shown.statement(ctx, _form(session), what, browser)


def _login_form(
    ctx: Context,
    username: str | None = None,
    refused: Refused | None = None,
    reason: str | None = None,
) -> Response:
    browser, cookie = session_cookie.known_browser(ctx)
    response = page(
        ctx,
        "login.html",
        status=200 if refused is None else 429 if refused.retry_after else 400,
        client=None,
        action=ctx.url("/account/login"),
        csrf_token=csrf.token(ctx, "account login", browser),
        shown=None,  # nothing is decided here but who signs in
        username=username,
        error=refused.error if refused else None,
        retry_after=refused.retry_after if refused else None,
        reason=None if refused else reason or session_cookie.why_signed_out(ctx),
        cancel_url_present=False,
    )
    response.headers.append(("Set-Cookie", cookie))
    if refused and refused.retry_after:
        response.headers.append(("Retry-After", str(refused.retry_after)))
    return response


def _session(one: Session, current: Session) -> dict[str, Any]:
    browser, system = browser_name.describe(one.user_agent)
    return {
        "id": one.id,
        "current": one.id == current.id,
        "started": one.authentication.auth_time,
        "last_seen": one.last_seen_at,
        "browser": browser,
        "system": system,
        "address": one.address,
    }


def _activity(ctx: Context, account: Account) -> list[dict[str, Any]]:
    names: dict[str, str | None] = {}
    shown = []
    for event in activity.decisions(ctx, account.id):
        if event.client_id and event.client_id not in names:
            client = clients.find(ctx.tx, event.client_id)
            names[event.client_id] = _name(ctx, client) if client else None
        client_name = names.get(event.client_id) if event.client_id else None
        shown.append({
            "at": event.at, "kind": event.name, "text": activity.describe(event.name),
            "client_name": client_name, "count": None,
        })  # fmt: skip
    if failed := activity.failures(ctx, account.id):
        several = failed.count if failed.count > 1 else None
        text = activity.FAILED if several else activity.FAILED_ONCE
        shown.append({
            "at": failed.at, "kind": "sign_in_failed", "text": text, "client_name": None,
            "count": several,
        })  # fmt: skip
    return sorted(shown, key=lambda one: -int(one["at"]))


def _name(ctx: Context, client: Client) -> str:
    return client.in_language(language(ctx)).client_name
