"""How often a person may guess (NIST SP 800-63B-4 §3.2.2). Counted in the database, so that all
processes count together, and before the password is looked at, so that guesses at the same moment
can not pass together; a success takes it back.

A browser that signed in to the account before has a counter of its own. Any other counts under
its network (of IPv4 the /24, of IPv6 the /48): five failures in a day are free of every wait, then
that network waits, and all networks that used up theirs get one look in fifteen seconds together.
So strangers elsewhere delay nobody's first five tries, and no number of networks gets more than
five looks each. `Departs:` after a hundred failures in a row passwords rest for that network and
a day, not for the account (SP 800-63B-4 §3.2.2), which strangers could end for good.

It counts under the name that was typed, and that alone is told, since user name and address of
one account must read like the names of two, or of nobody. It counts under the account too,
whatever it was called: where only that counter is used up, the password is not looked at and reads
as a wrong one. Each address has a counter over all names; where failures of all addresses together
are many, an alarm is recorded and every address has fewer (OWASP ASVS 6.3.1)."""

from dataclasses import dataclass
from hashlib import sha256

from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.forwarding import neighbourhood_of, network_of
from provider.model.account import Account, normalise_login
from provider.store import accounts, throttles
from provider.store.throttles import Pace

DAY = 24 * 3600
FREE = 5
"""Failures without a wait, of a network or of a known browser."""
LOOK_EVERY = 15
"""Seconds between two looks at one account for all networks that used up their free ones."""
BROWSER_FORGOTTEN_AFTER = 50
"""Failures in a row after which a known browser is one like any other."""
RESTS_AFTER = 100
"""Failures in a row after which passwords rest for a network and a day."""
SUSPECTED_AFTER = 30
"""Failures of unknown browsers at one account, in a row and in a day, that raise an alarm."""
_FEWER = 4
"""By what the free failures of an address are divided while the alarm lasts."""
_LONGEST_OF_ADDRESS = 900


def _growing(free: int, longest: int) -> tuple[tuple[int, int], ...]:
    """Return waits that double from the last free failure on."""
    doublings = range(longest.bit_length() + 1)
    return tuple((free + beyond, min(longest, 2**beyond)) for beyond in doublings)


_OF_NETWORK = Pace((*_growing(FREE, 300), (RESTS_AFTER, DAY)), DAY)
_OF_BROWSER = Pace(_growing(FREE, 300), DAY)
_OF_ALL = Pace(((1, LOOK_EVERY),), DAY)


@dataclass(frozen=True)
class Attempt:
    """One attempt that is counted. `wait`: seconds until it may be made, 0 where it is made now;
    `is_looked_at`: whether the password may be, or else reads as wrong."""

    wait: int = 0
    is_looked_at: bool = True
    is_suspect: bool = False
    counted: tuple[bytes, ...] = ()
    is_known: bool = False
    browser_failures: int = 0


def begin(ctx: Context, login: str, account: Account | None) -> Attempt:
    """Count an attempt, and keep that: it must stay although the work may not."""
    attempt = _count(ctx, login, account)
    if not attempt.wait:
        ctx.work.commit()
    ctx.work.close()
    return attempt


def fail(ctx: Context, attempt: Attempt, account: Account | None) -> None:
    """Let a failed attempt stay counted. Where it is one too many, raise an alarm."""
    if not attempt.is_known:
        _count_address(ctx)
    elif account is not None and attempt.browser_failures >= BROWSER_FORGOTTEN_AFTER:
        accounts.forget_browser(ctx.tx, account.id, _browser(ctx))
    if attempt.is_suspect and account is not None:
        ctx.record_refusal(
            "sign_in_attack_suspected",
            reason="many wrong passwords from unknown browsers",
            account_id=account.id,
        )


def succeed(ctx: Context, attempt: Attempt) -> None:
    """Forget the failures of the account from here; the address keeps its own."""
    throttles.clear(ctx.tx, *attempt.counted)


def _count(ctx: Context, login: str, account: Account | None) -> Attempt:
    account_id = account.id if account else ""
    if accounts.knows_browser(ctx.tx, account_id, _browser(ctx), ctx.now):
        return _count_browser(ctx, account_id)
    if pause := _wait(ctx, _address(ctx), _LONGEST_OF_ADDRESS):
        return Attempt(wait=pause)
    network = neighbourhood_of(ctx.request.address)
    name = normalise_login(login)
    typed = _of_name(name, network)
    if _look(ctx, *typed) is None:
        return Attempt(wait=max(_wait(ctx, one, DAY) for one in typed))
    # of names that nobody has one row in each network, so that they take as long as others
    own = _of_account(account_id, network) if account else _of_account("", network, network)
    failures = _look(ctx, *own)
    names = {name} if account is None else {name, account.username, account.email or name}
    return Attempt(
        is_looked_at=failures is not None,
        is_suspect=account is not None and (failures or 0) >= SUSPECTED_AFTER,
        counted=(*own, *(one for name in names for one in _of_name(name, network))),
    )


def _look(ctx: Context, of_network: bytes, of_all: bytes) -> int | None:
    """Count under one name. Return the failures of all networks, or None where it has to wait.

    The number of statements is the same whatever comes of it.
    """
    failures = throttles.take(ctx.tx, of_network, _OF_NETWORK, ctx.now)
    if failures is None:
        throttles.find(ctx.tx, of_all, ctx.now)
        return None
    return throttles.take(ctx.tx, of_all, _OF_ALL, ctx.now, is_held=failures > FREE)


def _count_browser(ctx: Context, account_id: str) -> Attempt:
    digest = _digest(3, "browser", account_id, _browser(ctx).hex())
    failures = throttles.take(ctx.tx, digest, _OF_BROWSER, ctx.now)
    if failures is None:
        return Attempt(wait=_wait(ctx, digest, _OF_BROWSER.longest))
    return Attempt(counted=(digest,), is_known=True, browser_failures=failures)


def _wait(ctx: Context, digest: bytes, longest: int) -> int:
    pause = throttles.find(ctx.tx, digest, ctx.now).blocked_until - ctx.now
    return pause if 0 < pause <= longest else 0


def _count_address(ctx: Context) -> None:
    limits = ctx.settings.sign_in
    free = limits.failures_per_address
    if _alarmed(ctx):
        free = max(1, free // _FEWER)
    failures = throttles.count_failure(
        ctx.tx, _address(ctx), now=ctx.now, expires_at=ctx.now + limits.window
    )
    if failures >= free:
        pause = min(_LONGEST_OF_ADDRESS, 2 ** min(failures - free, 20))
        throttles.block(ctx.tx, _address(ctx), ctx.now + pause)


def _alarmed(ctx: Context) -> bool:
    """Count a failure of whatever address; return whether there were many in this window."""
    limits = ctx.settings.sign_in
    failures = throttles.count_failure(
        ctx.tx,
        _digest(0, "everywhere", _window(ctx)),
        now=ctx.now,
        expires_at=ctx.now + limits.window,
    )
    if failures == limits.alarm_failures:
        ctx.record("sign_in_attack_suspected", detail={"failures": failures})
    return failures >= limits.alarm_failures


def _window(ctx: Context) -> str:
    return str(ctx.now // ctx.settings.sign_in.window)


def _address(ctx: Context) -> bytes:
    return _digest(0, "address", network_of(ctx.request.address), _window(ctx))


def _browser(ctx: Context) -> bytes:
    return opaque.digest(session_cookie.browser(ctx) or "")


def _of_name(login: str, network: str) -> tuple[bytes, bytes]:
    name = normalise_login(login)
    return _digest(1, "name", name, network), _digest(2, "name", name)


def _of_account(account_id: str, network: str, *apart: str) -> tuple[bytes, bytes]:
    return _digest(3, "account", account_id, network), _digest(4, "account", account_id, *apart)


def _digest(place: int, *parts: str) -> bytes:
    """Return a key. `place`: where it stands among those that one attempt locks, in order."""
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return bytes((place,)) + sha256(text).digest()[:31]
