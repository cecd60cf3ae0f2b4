"""The cookies by which a browser is known: its session, and the browser itself. Both are
opaque, HttpOnly and bound to the host; under https they carry the `__Host-` prefix
(RFC 6265bis §4.1.3.2). The session's value is renewed at every sign-in."""

from collections.abc import Iterable
from dataclasses import replace

from provider.ambient import identifier
from provider.context import Context
from provider.credentials import opaque
from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.model.client import Client
from provider.model.session import Session
from provider.roles import SessionMark
from provider.store import sessions

BROWSER_LIFETIME = 400 * 86400
"""Seconds a browser is remembered: the longest that browsers keep a cookie."""

TOLD = ("expired_idle", "session_ended", "credentials_changed", "revoked_by_administrator")
"""What the holder of a cookie may know about the end of its session."""

_TOUCH_EVERY = 60
"""Seconds between notes that a session is in use, so that not every request writes."""


def cookie_name(ctx: Context, kind: str) -> str:
    """Return the name of the `session`, `browser` or `locale` cookie."""
    name = f"signet_{kind}"
    return f"__Host-{name}" if ctx.settings.secure else name


def set_cookie(ctx: Context, kind: str, value: str, max_age: int | None = None) -> str:
    """Return a Set-Cookie value. `max_age` in seconds; None lasts as long as the browser."""
    parts = [f"{cookie_name(ctx, kind)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if max_age is not None:
        parts.append(f"Max-Age={max_age}")
    if ctx.settings.secure:
        parts.append("Secure")
    return "; ".join(parts)


def find(ctx: Context) -> tuple[Session, Account] | None:
    """Return the live session of this browser and its account, and note that it is used."""
    value = presented(ctx)
    if not value.startswith(opaque.SESSION):
        return None
    found = sessions.find_owned(ctx.tx, opaque.digest(value))
    if found is None:
        return None
    session, account = found
    if not session.is_live(ctx.now) or not account.is_usable:
        return None
    if not ctx.work.read_only and ctx.now - session.last_seen_at >= _TOUCH_EVERY:
        sessions.touch(
            ctx.tx, session.id, now=ctx.now, idle_expires_at=_idle_expiry(ctx, session.expires_at)
        )
    return found


def begin(
    ctx: Context, account: Account, authentication: Authentication, renewing: Session | None
) -> tuple[Session, str]:
    """Begin a session, or renew the one of the same account. Return it and its cookie value."""
    value = opaque.new(ctx.entropy, opaque.SESSION)
    expires_at = ctx.now + ctx.settings.lifetimes.session_absolute
    session = Session(
        id=identifier(ctx.entropy),
        account_id=account.id,
        authentication=authentication,
        address=ctx.request.address,
        user_agent=ctx.request.headers.get("user-agent", "")[:200],
        created_at=ctx.now,
        last_seen_at=ctx.now,
        idle_expires_at=_idle_expiry(ctx, expires_at),
        expires_at=expires_at,
    )
    if renewing is not None:
        renewed = replace(session, id=renewing.id)
        if sessions.renew(ctx.tx, renewed, opaque.digest(value)):
            return renewed, value
    sessions.add(ctx.tx, session, opaque.digest(value))
    return session, value


def keep(ctx: Context, value: str) -> list[str]:
    """Return the Set-Cookie values by which the browser keeps its new session."""
    lifetime = ctx.settings.lifetimes.session_absolute
    return [set_cookie(ctx, "session", value, lifetime), *_marks(ctx, value)]


def forget(ctx: Context) -> list[str]:
    """Return the Set-Cookie values by which the browser drops its session."""
    return [set_cookie(ctx, "session", "", 0), *_marks(ctx, None)]


def notice(ctx: Context, found: tuple[Session, Account] | None) -> list[str]:
    """Return the Set-Cookie values by which scripts in the browser learn what `find` found,
    where they do not know yet: a session may have ended elsewhere. A request without the
    cookie proves nothing, since frames in pages of other sites send none."""
    value = presented(ctx)
    return _marks(ctx, value if found else None) if value else []


def told(
    ctx: Context,
    client: Client,
    redirect_uri: str,
    scopes: Iterable[str],
    found: tuple[Session, Account] | None,
) -> dict[str, str]:
    """Return what an authentication response, or a refusal, says of what `find` found. A
    request without `openid` hears nothing (OpenID Connect Session Management §2)."""
    if "openid" not in scopes:
        return {}
    parameters: dict[str, str] = {}
    for mark in ctx.provider.parts.playing(SessionMark):
        value = presented(ctx) if found else None
        parameters |= mark.response_parameters(ctx, client, redirect_uri, value)
    return parameters


def presented(ctx: Context) -> str:
    """Return the value of the session cookie, empty where there is none."""
    return ctx.request.cookies.get(cookie_name(ctx, "session"), "")


def _marks(ctx: Context, value: str | None) -> list[str]:
    marks = ctx.provider.parts.playing(SessionMark)
    return [cookie for mark in marks for cookie in mark.follow(ctx, value)]


def why_signed_out(ctx: Context) -> str | None:
    """Return why a browser without a live session is signed out; None if it never was in.

    `ended` where there is no more to say: whoever holds the cookie may know what became
    of its session, but not that the account is disabled.
    """
    value = presented(ctx)
    if not value.startswith(opaque.SESSION):
        return None
    session = sessions.find(ctx.tx, opaque.digest(value))
    reason = session.why_over(ctx.now) if session else None
    return reason if reason in TOLD else "ended"


def browser(ctx: Context) -> str | None:
    """Return the value by which this browser is known, if it has one."""
    value = ctx.request.cookies.get(cookie_name(ctx, "browser"))
    return value if value and value.startswith(opaque.BROWSER) else None


def known_browser(ctx: Context) -> tuple[str, str]:
    """Return the value by which this browser is known, a new one if need be, and the
    Set-Cookie value that keeps it known."""
    value = browser(ctx) or opaque.new(ctx.entropy, opaque.BROWSER)
    return value, set_cookie(ctx, "browser", value, BROWSER_LIFETIME)


def _idle_expiry(ctx: Context, expires_at: int) -> int:
    return min(expires_at, ctx.now + ctx.settings.lifetimes.session_idle)
