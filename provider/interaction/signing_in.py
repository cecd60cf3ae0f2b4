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
    counted = throttle.counters(ctx, login, account)
    if pause := throttle.wait(ctx, counted):
        ctx.record("sign_in_throttled", account_id=account.id if account else None)
        return Refused("throttled", pause)
    # hashing takes long on purpose, and the database must not wait for it
    ctx.work.close()
    presented = form.get("password") or ""
    is_right = password.is_right(account.password_hash if account else None, presented)
    stronger = None
    if account is not None and is_right and password.is_outdated(account.password_hash):
        stronger = password.hash_password(presented)
    if account is None or not is_right or not _still_counts(ctx, account, stronger):
        throttle.count_failure(ctx, counted)
        ctx.record(
            "sign_in_failed",
            account_id=account.id if account else None,
            detail={"reason": _why(account, is_right=is_right)},
        )
        return Refused("wrong_credentials")
    throttle.forgive(ctx, counted)
    return _begin(ctx, account)


def _still_counts(ctx: Context, account: Account, stronger: str | None) -> bool:
    """Whether the account may be used and has the password that was compared, which from here on
    nobody changes before the session has begun."""
    if stronger is None:
        return accounts.hold_password(ctx.tx, account.id, account.password_hash)
    return accounts.upgrade_password_hash(
        ctx.tx, account.id, compared=account.password_hash, password_hash=stronger
    )


def _why(account: Account | None, *, is_right: bool) -> str:
    """Return what only the audit trail may know; the page has one text for all of it."""
    if account is None:
        return "unknown name"
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
