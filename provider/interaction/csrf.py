"""Proof that an answer comes from the page we showed to this browser: a token bound to
the browser and to the form, and what the browser itself says of where the form stood
(Fetch Metadata, Origin). A form for somebody signed in names the session too; one that is
not, stays valid when the person signs in in another tab."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.errors import PageForged
from provider.model.redirect_uri import origin


def token(ctx: Context, form: str, browser: str | None = None) -> str:
    """Return the token for a form shown to this browser, or to one just made known."""
    message = _message(form, browser or session_cookie.browser(ctx) or "")
    return urlsafe_b64encode(ctx.provider.vault.mac("csrf", message)).decode()


def check(ctx: Context, form: str, presented: str | None) -> None:
    """Raise PageForged unless the token presented is of that form in this browser."""
    site = ctx.request.headers.get("sec-fetch-site")
    source = ctx.request.headers.get("origin")
    browser = session_cookie.browser(ctx)
    if site not in (None, "same-origin", "none"):
        raise PageForged(reason="Sec-Fetch-Site says another site")
    if source not in (None, "null", origin(ctx.issuer)):
        raise PageForged(reason="Origin says another site")
    if browser is None:
        raise PageForged(reason="the browser is not known")
    mac = _decoded(presented or "")
    if not ctx.provider.vault.check_mac("csrf", _message(form, browser), mac):
        raise PageForged(reason="wrong or missing csrf_token")


def _decoded(presented: str) -> bytes:
    try:
        return urlsafe_b64decode(presented)
    except ValueError:
        return b""


def _message(form: str, browser: str) -> bytes:
    return opaque.digest(browser) + form.encode()
