"""How often a person may guess (NIST SP 800-63B-4 §3.2.2): failures are counted per
account and per address, in the database, so all processes count together. Waiting grows
with failures but stays short for an account, and a browser that has signed in to it
before is counted apart: a stranger's guessing cannot lock the owner out."""

from dataclasses import dataclass
from hashlib import sha256

from provider.context import Context
from provider.credentials import opaque, session_cookie
from provider.model.account import Account, normalise_login
from provider.store import accounts, throttles

_FORGET_AFTER = 24 * 3600


@dataclass(frozen=True)
class Counter:
    """What failures are counted against, and how the wait grows (seconds)."""

    digest: bytes
    free_failures: int
    longest_wait: int

    def wait_after(self, failures: int) -> int:
        """Return how long to wait after so many failures."""
        beyond = failures - self.free_failures
        return 0 if beyond < 0 else min(self.longest_wait, 2 ** min(beyond, 20))


def counters(ctx: Context, login: str, account: Account | None) -> tuple[Counter, ...]:
    """Return what an attempt to sign in counts against."""
    name = account.id if account else normalise_login(login)
    browser = session_cookie.browser(ctx)
    known = None
    if account is not None and browser is not None:
        digest = opaque.digest(browser)
        if accounts.knows_browser(ctx.tx, account.id, digest, ctx.now):
            known = digest.hex()
    return (
        Counter(_digest("account", name, known or ""), free_failures=5, longest_wait=300),
        Counter(_digest("address", ctx.request.address), free_failures=20, longest_wait=900),
    )


def wait(ctx: Context, counted: tuple[Counter, ...]) -> int:
    """Return how many seconds the next attempt has to wait."""
    blocked = (throttles.find(ctx.tx, one.digest, ctx.now).blocked_until for one in counted)
    return max(0, max(blocked) - ctx.now)


def count_failure(ctx: Context, counted: tuple[Counter, ...]) -> None:
    """Count a failed attempt."""
    for one in counted:
        failures = throttles.count_failure(
            ctx.tx, one.digest, now=ctx.now, expires_at=ctx.now + _FORGET_AFTER
        )
        if pause := one.wait_after(failures):
            throttles.block(ctx.tx, one.digest, ctx.now + pause)


def forgive(ctx: Context, counted: tuple[Counter, ...]) -> None:
    """Forget the failures of the account after a success; the address keeps its own."""
    throttles.clear(ctx.tx, counted[0].digest)


def _digest(*parts: str) -> bytes:
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
