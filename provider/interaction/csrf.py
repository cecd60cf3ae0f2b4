"""Proof that an answer comes from the page we showed to this browser: a token bound to
the browser's session, or to the browser where nobody is signed in, and to the form; and
what the browser itself says of where the form stood (Fetch Metadata, Origin)."""

from base64 import urlsafe_b64encode
from hmac import compare_digest

from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.errors import PageForged
from provider.http import Parameters
from provider.model.redirect_uri import origin


def token(ctx: Context, form: str) -> str:
    """Return the token for a form shown to this browser."""
    return _mac(ctx, form)


def check(ctx: Context, form: str, parameters: Parameters) -> None:
    """Raise PageForged unless the answer comes from that form in this browser."""
    site = ctx.request.headers.get("sec-fetch-site")
    source = ctx.request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        raise PageForged(reason="Sec-Fetch-Site says another site")
    if source not in (None, "null", origin(ctx.issuer)):
        raise PageForged(reason="Origin says another site")
    if not compare_digest((parameters.get("csrf_token") or "").encode(), _mac(ctx, form).encode()):
        raise PageForged(reason="wrong or missing csrf_token")


def _mac(ctx: Context, form: str) -> str:
    cookies = ctx.request.cookies
    holder = cookies.get(session_cookie.cookie_name(ctx, "session")) or cookies.get(
        session_cookie.cookie_name(ctx, "browser"), ""
    )
    message = opaque.digest(holder) + form.encode()
    return urlsafe_b64encode(ctx.provider.vault.mac("csrf", message)).decode()
