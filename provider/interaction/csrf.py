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


def check(
    ctx: Context, form: str, presented: str | None, *, account_id: str | None = None
) -> None:
    """Raise PageForged unless the token presented is of that form in this browser.

    `account_id`: in whose name it came; that somebody may have tried to act in that name is
    written down.
    """
    if (reason := _problem(ctx, form, presented)) is None:
        return
    if account_id is not None:
        ctx.record_refusal("form_refused", reason=reason, account_id=account_id)
    raise PageForged(reason=reason)


def is_right(ctx: Context, form: str, presented: str | None) -> bool:
    """Return whether a token presented is of that form in this browser."""
    browser = session_cookie.browser(ctx)
    if browser is None:
        return False
    mac = _decoded(presented or "")
    return ctx.provider.vault.check_mac("csrf", _message(form, browser), mac)


def _problem(ctx: Context, form: str, presented: str | None) -> str | None:
    site = ctx.request.headers.get("sec-fetch-site")
    source = ctx.request.headers.get("origin")
    if site not in (None, "same-origin", "none"):
        return "Sec-Fetch-Site says another site"
    if source not in (None, "null", origin(ctx.issuer)):
        return "Origin says another site"
    if session_cookie.browser(ctx) is None:
        return "the browser is not known"
    return None if is_right(ctx, form, presented) else "wrong or missing csrf_token"


def _decoded(presented: str) -> bytes:
    try:
        return urlsafe_b64decode(presented)
    except ValueError:
        return b""


def _message(form: str, browser: str) -> bytes:
    return opaque.digest(browser) + form.encode()
