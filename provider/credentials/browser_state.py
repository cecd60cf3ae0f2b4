"""The browser state (OpenID Connect Session Management §3.2): a cookie that scripts of our
own pages may read, which tells one session from another and nothing else, and the
`session_state` by which a client asks our frame whether it is still the same.

It is derived from the session's cookie under a key nobody else has, that very cookie: so
it is neither the cookie nor the digest we keep, changes at every sign-in, and needs no
place in the database."""

from hashlib import sha256
from hmac import digest

from provider.context import Context
from provider.credentials.session_cookie import cookie_name, presented
from provider.model.client import Client
from provider.model.redirect_uri import origin
from provider.roles import SessionMark

KIND = "browser_state"


class BrowserState(SessionMark):
    """Shows the session to clients that watch it."""

    def follow(self, ctx: Context, session_value: str | None) -> list[str]:
        """Set the cookie where the browser has another one, drop it without a session."""
        kept = _kept(ctx)
        state = _derive(session_value) if session_value else ""
        return [] if kept == state else [_set_cookie(ctx, state)]

    def response_parameters(
        self, ctx: Context, client: Client, redirect_uri: str, session_value: str | None
    ) -> dict[str, str]:
        """Return the `session_state` of an authentication response, of a refusal too (§2): a
        client that watches the session of nobody learns by it that somebody signed in.

        Choice: a redirect URI without a web origin gets none, since no page of that client
        could ask.
        """
        place = origin(redirect_uri)
        if place is None:
            return {}
        salt = ctx.entropy.token_bytes(16).hex()
        about = f"{client.client_id} {place} {_left(ctx, session_value)} {salt}"
        return {"session_state": f"{sha256(about.encode()).hexdigest()}.{salt}"}


def _left(ctx: Context, session_value: str | None) -> str:
    """Return the state that the browser is left with, which our frame will find.

    A frame in a page of another site sends this cookie along and not the session's.
    """
    if session_value:
        return _derive(session_value)
    return "" if presented(ctx) else _kept(ctx)


def _kept(ctx: Context) -> str:
    return ctx.request.cookies.get(cookie_name(ctx, KIND), "")


def _derive(session_value: str) -> str:
    return digest(session_value.encode(), b"browser state", "sha256").hex()


def _set_cookie(ctx: Context, state: str) -> str:
    """Return a Set-Cookie value. It is for frames in pages of other sites: `SameSite=None`,
    which browsers take under https alone."""
    lifetime = ctx.settings.lifetimes.session_absolute if state else 0
    reach = "SameSite=None; Secure" if ctx.settings.secure else "SameSite=Lax"
    return f"{cookie_name(ctx, KIND)}={state}; Path=/; Max-Age={lifetime}; {reach}"
