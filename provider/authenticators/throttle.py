"""How often a person may guess (NIST SP 800-63B-4 §3.2.2): failures are counted per
account and per address, in the database, so all processes count together. Waiting grows
with failures but stays short for an account, and a browser that has signed in to it
before is counted apart: a stranger's guessing cannot lock the owner out, nor can the
neighbours behind one address. Where failures of all addresses together are many, an alarm
is recorded and every address has fewer (OWASP ASVS 6.3.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.forwarding import network_of
from provider.model.account import Account, normalise_login
from provider.store import accounts, throttles

_FORGET_AFTER = 24 * 3600
_FREE_OF_ACCOUNT = 5
_FEWER = 4
"""By what the free failures of an address are divided while the alarm lasts."""


@dataclass(frozen=True)
class Counter:
    """What failures are counted against, and how the wait grows (seconds)."""

    digest: bytes
    free_failures: int
    longest_wait: int
    forget_after: int = _FORGET_AFTER

    def wait_after(self, failures: int, *, fewer: bool) -> int:
        """Return how long to wait after so many failures."""
        free = max(1, self.free_failures // _FEWER) if fewer else self.free_failures
        beyond = failures - free
        return 0 if beyond < 0 else min(self.longest_wait, 2 ** min(beyond, 20))


@dataclass(frozen=True)
class Counters:
    """What an attempt counts against. A browser that the account knows has no address."""

    account: Counter
    address: Counter | None

    def __iter__(self) -> Iterator[Counter]:
        yield self.account
        if self.address is not None:
            yield self.address


def counters(ctx: Context, login: str, account: Account | None) -> Counters:
    """Return what an attempt to sign in counts against."""
    name = account.id if account else normalise_login(login)
    browser = session_cookie.browser(ctx)
    if account is not None and browser is not None:
        digest = opaque.digest(browser)
        if accounts.knows_browser(ctx.tx, account.id, digest, ctx.now):
            return Counters(_of_account(name, digest.hex()), None)
    limits = ctx.settings.sign_in
    address = _digest("address", network_of(ctx.request.address), _window(ctx))
    return Counters(
        _of_account(name, ""),
        Counter(address, limits.failures_per_address, 900, forget_after=limits.window),
    )


def _of_account(name: str, browser: str) -> Counter:
    return Counter(_digest("account", name, browser), _FREE_OF_ACCOUNT, longest_wait=300)


def wait(ctx: Context, counted: Counters) -> int:
    """Return how many seconds the next attempt has to wait."""
    blocked = (throttles.find(ctx.tx, one.digest, ctx.now).blocked_until for one in counted)
    return max(0, max(blocked) - ctx.now)


def count_failure(ctx: Context, counted: Counters) -> None:
    """Count a failed attempt. The failure with which the alarm begins is recorded."""
    is_alarm = counted.address is not None and _alarmed(ctx)
    for one in counted:
        failures = throttles.count_failure(
            ctx.tx, one.digest, now=ctx.now, expires_at=ctx.now + one.forget_after
        )
        fewer = is_alarm and one is counted.address
        if pause := one.wait_after(failures, fewer=fewer):
            throttles.block(ctx.tx, one.digest, ctx.now + pause)


def forgive(ctx: Context, counted: Counters) -> None:
    """Forget the failures of the account after a success; the address keeps its own."""
    throttles.clear(ctx.tx, counted.account.digest)


def _alarmed(ctx: Context) -> bool:
    """Count a failure of whatever address; return whether there were many in this window."""
    limits = ctx.settings.sign_in
    failures = throttles.count_failure(
        ctx.tx,
        _digest("everywhere", _window(ctx)),
        now=ctx.now,
        expires_at=ctx.now + limits.window,
    )
    if failures == limits.alarm_failures:
        ctx.record("sign_in_attack_suspected", detail={"failures": failures})
    return failures >= limits.alarm_failures


def _window(ctx: Context) -> str:
    return str(ctx.now // ctx.settings.sign_in.window)


def _digest(*parts: str) -> bytes:
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
