"""RFC 9700 §4.14.2, OpenID Connect Core §11: access that was granted without `offline_access`
lasts no longer than the session it was granted in, also where that ran out by itself."""

from collections.abc import Callable

import pytest

from provider.context import Context, Provider
from provider.http import Request
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import already_signed_in
from tests.support.relying_party import RelyingParty, refusal

pytestmark = [pytest.mark.spec("RFC9700-4.14.2", "OIDCC-11"), pytest.mark.both_databases]

BOUND = "openid profile"
PAST_IDLE = 12 * 3600 + 5


@pytest.fixture
def party(make_relying_party: Callable[..., RelyingParty]) -> RelyingParty:
    return make_relying_party()


def operate(provider: Provider, act: Callable[[Context], object]) -> None:
    ctx = provider.open(Request(method="POST", path="/"))
    try:
        act(ctx)
        ctx.keep()
    finally:
        ctx.work.close()


def why_not(party: RelyingParty, refresh_token: str | None) -> str:
    assert refresh_token is not None
    body = refusal(party.refresh_raw(refresh_token), "invalid_grant")
    return str(body["error_uri"]).rpartition("/")[2]


def test_a_family_ends_when_its_session_was_idle_for_too_long(
    party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = party.sign_in(signed_in, scope=BOUND)
    clock.advance(PAST_IDLE)
    assert why_not(party, tokens.refresh_token) == "session_ended"
    assert party.introspect(str(tokens.refresh_token)) == {"active": False}


def test_a_family_lives_while_its_session_is_used(
    party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    refresh_token = party.sign_in(signed_in, scope=BOUND).refresh_token
    for _ in range(3):
        clock.advance(PAST_IDLE // 2)
        signed_in.visit(f"{party.issuer}/account")
        refresh_token = party.refresh(refresh_token).refresh_token
    assert party.introspect(refresh_token)["active"] is True


def test_offline_access_outlives_a_session_that_ran_out(
    party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = party.sign_in(signed_in)
    assert "offline_access" in tokens.scope
    clock.advance(PAST_IDLE)
    assert party.introspect(tokens.refresh_token)["active"] is True
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.parametrize("reason", ["session_ended", "revoked_by_administrator"])
def test_signing_out_everywhere_ends_what_hangs_on_sessions_that_ran_out(
    party: RelyingParty,
    signed_in: Browser,
    account: Account,
    provider: Provider,
    clock: SettableClock,
    reason: str,
) -> None:
    tokens = party.sign_in(signed_in, scope=BOUND)
    offline = party.sign_in(signed_in)
    clock.advance(PAST_IDLE)
    operate(provider, lambda ctx: ending.end_sessions(ctx, account.id, reason=reason))
    assert why_not(party, tokens.refresh_token) == reason
    assert not party.is_accepted(tokens.access_token)
    assert party.refresh(offline.refresh_token).access_token


def test_ending_all_other_sessions_leaves_what_hangs_on_this_one(
    provider: Provider,
    party: RelyingParty,
    signed_in: Browser,
    account: Account,
    clock: SettableClock,
) -> None:
    old = party.sign_in(signed_in, scope=BOUND)
    clock.advance(PAST_IDLE)
    here, another = (Browser(party.app, party.issuer) for _ in range(2))
    for browser in (here, another):
        already_signed_in(provider, browser, account)
    mine = party.sign_in(here, scope=BOUND)
    here.visit(f"{party.issuer}/account").press("end_others")
    assert why_not(party, old.refresh_token) == "session_ended"
    assert party.refresh(mine.refresh_token).access_token


@pytest.mark.spec("RFC7662-2.2")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_of_a_locked_account_is_inactive_until_it_is_unlocked(
    provider: Provider, party: RelyingParty, signed_in: Browser, account: Account, kind: str
) -> None:
    token = party.sign_in(signed_in).body[kind]
    operate(provider, lambda ctx: ending.lock_account(ctx, account.id))
    assert party.introspect(token) == {"active": False}
    operate(provider, lambda ctx: ending.unlock_account(ctx, account.id))
    assert party.introspect(token)["active"] is True


@pytest.mark.spec("ID-07")
def test_browsers_known_with_the_old_password_are_forgotten(
    provider: Provider, party: RelyingParty, account: Account
) -> None:
    def knows(ctx: Context) -> bool:
        return accounts.knows_browser(ctx.tx, account.id, b"d" * 32, ctx.now)

    seen: list[bool] = []

    def remember(ctx: Context) -> None:
        accounts.remember_browser(
            ctx.tx, account.id, b"d" * 32, now=ctx.now, expires_at=ctx.now + 9
        )
        seen.append(knows(ctx))

    def change(ctx: Context) -> None:
        accounts.set_password_hash(ctx.tx, account.id, "new", ctx.now)
        ending.end_account(ctx, account.id, "credentials_changed")
        seen.append(knows(ctx))

    for act in (remember, change):
        operate(provider, act)
    assert seen == [True, False]
