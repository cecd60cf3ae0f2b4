"""One attempt to sign in with name and password, whichever page asked for it: throttled,
costing the same for unknown accounts, ending in a renewed session and a notice where the
browser is new."""

from dataclasses import dataclass

from provider.authenticators import password, throttle
from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.http import Parameters, Response
from provider.logout import ending
from provider.model.account import Account
from provider.model.authentication import Authentication
from provider.model.session import Session
from provider.store import accounts

_LONGEST_NAME = 320


@dataclass(frozen=True)
class Refused:
    """Why the attempt failed: a key the page explains, and how many seconds to wait."""

    error: str
    retry_after: int | None = None


@dataclass(frozen=True)
class SignedIn:
    """The session that began or was renewed, and the cookies to set for it."""

    session: Session
    cookies: tuple[str, ...]

    def carry(self, response: Response) -> Response:
        """Return the response with the cookies."""
        response.headers.extend(("Set-Cookie", cookie) for cookie in self.cookies)
        return response


def attempt(ctx: Context, form: Parameters) -> SignedIn | Refused:
    """Try the name and password of a submitted login form."""
    login = (form.get("username") or "")[:_LONGEST_NAME]
    account = accounts.find_by_login(ctx.tx, login) if login else None
    # counted and committed first: hashing takes long on purpose, and the database must not wait
    counted = throttle.begin(ctx, login, account)
    if counted.wait:
        ctx.record_refusal(
            "sign_in_throttled",
            reason="too many attempts",
            account_id=account.id if account else None,
        )
        return Refused("throttled", counted.wait)
    presented = form.get("password") or ""
    compared = account.password_hash if account and counted.is_looked_at else None
    is_right = password.is_right(compared, presented)
    stronger = None
    if account is not None and is_right and password.is_outdated(account.password_hash):
        stronger = password.hash_password(presented)
    if account is None or not is_right or not _still_counts(ctx, account, stronger):
        throttle.fail(ctx, counted, account)
        ctx.record_refusal(
            "sign_in_failed",
            reason=_why(account, counted, is_right=is_right),
            account_id=account.id if account else None,
        )
        return Refused("wrong_credentials")
    throttle.succeed(ctx, counted)
    return _begin(ctx, account)


def _still_counts(ctx: Context, account: Account, stronger: str | None) -> bool:
    """Whether the account may be used and has the password that was compared, which from here on
    nobody changes before the session has begun."""
    if stronger is None:
        return accounts.hold_password(ctx.tx, account.id, account.password_hash)
    return accounts.upgrade_password_hash(
        ctx.tx, account.id, compared=account.password_hash, password_hash=stronger
    )


def _why(account: Account | None, counted: throttle.Attempt, *, is_right: bool) -> str:
    """Return what only the audit trail may know; the page has one text for all of it."""
    if account is None:
        return "unknown name"
    if not counted.is_looked_at:
        return "not looked at: too many attempts under the account's other name"
    return "account disabled or changed" if is_right else "the password does not match"


def _begin(ctx: Context, account: Account) -> SignedIn:
    before = session_cookie.find(ctx)
    renewing = None
    if before is not None:
        if before[0].account_id == account.id:
            renewing = before[0]
        else:
            ending.end_session(ctx, before[0])
    authentication = Authentication(auth_time=ctx.now, acr=password.ACR, amr=password.AMR)
    session, value = session_cookie.begin(ctx, account, authentication, renewing)
    browser, browser_cookie = session_cookie.known_browser(ctx)
    is_new = accounts.remember_browser(
        ctx.tx,
        account.id,
        opaque.digest(browser),
        now=ctx.now,
        expires_at=ctx.now + session_cookie.BROWSER_LIFETIME,
    )
    ctx.record(
        "signed_in_from_new_browser" if is_new else "signed_in",
        account_id=account.id,
        session_id=session.id,
    )
    return SignedIn(session, (*session_cookie.keep(ctx, value), browser_cookie))
