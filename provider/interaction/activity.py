"""What happened to an account lately, for its owner. An event without words here is for the
operator only. What was refused is one row with a count, whoever tried how often, so that it never
displaces what changed something."""

from dataclasses import dataclass

from provider.context import Context
from provider.interaction.locale import translatable
from provider.store import events, refusals
from provider.store.events import Event

SHOWN = 20
"""Decisions that are shown at most."""
FAILURES_FOR = 7 * 24 * 3600
"""Seconds that failed attempts to sign in are counted for."""
REFUSALS = ("sign_in_failed", "sign_in_throttled")

_WORDS = {
    "signed_in": translatable("Signed in"),
    "signed_in_from_new_browser": translatable("Signed in from a browser not seen before"),
    "session_ended": translatable("Signed out"),
    "consent_granted": translatable("Access allowed"),
    "consent_denied": translatable("Access not allowed"),
    "consent_withdrawn": translatable("Access withdrawn"),
    "authorization_granted": translatable("Signed in to an application"),
    "authorization_ended": translatable("An application gave back its access"),
    "refresh_token_reuse_detected": translatable(
        "A used refresh token came back, so the application was signed out to be safe"
    ),
    "authorization_code_replayed": translatable(
        "A sign-in code was used twice, so the application was signed out to be safe"
    ),
    "account_access_ended": translatable("All access of the account was ended"),
    "password_changed": translatable("The password was changed"),
}


FAILED_ONCE = translatable("A sign-in failed in the last seven days")
FAILED = translatable("Sign-ins that failed in the last seven days: %(count)s")


@dataclass(frozen=True)
class Failures:
    """How many sign-ins failed or had to wait, and when the last one did."""

    count: int
    at: int


def describe(name: str) -> str | None:
    """Return the words for an event, to be translated, or None."""
    return _WORDS.get(name)


def decisions(ctx: Context, account_id: str) -> list[Event]:
    """Return the newest events that changed something, the newest first."""
    return events.list_for(ctx.tx, account_id, _WORDS, limit=SHOWN)


def failures(ctx: Context, account_id: str) -> Failures | None:
    """Return the sign-ins that failed lately, if any did: of the windows that ended and of those
    that go on. The first of a window is an event of its own and in the sum too."""
    since = ctx.now - FAILURES_FOR
    most = 4 * len(REFUSALS) * FAILURES_FOR // refusals.WINDOW
    found = events.list_for(ctx.tx, account_id, REFUSALS, limit=most, since=since)
    moments = [int(one.detail.get("until", one.at)) for one in found]
    times = [int(one.detail.get("count", 2)) - 1 for one in found]
    for last_at, count in refusals.counting(ctx.tx, account_id, REFUSALS):
        moments.append(last_at)
        times.append(count - 1)
    return Failures(sum(times), max(moments)) if sum(times) else None
