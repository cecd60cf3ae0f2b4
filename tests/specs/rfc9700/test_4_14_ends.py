"""RFC 9700 §4.14.2: what ends access ends refresh tokens, access tokens and codes at once, says
why, and nothing brings them back. A person's and an operator's switches against every kind of
token."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from provider.context import Context, Provider
from provider.http import Request
from provider.interaction.reasons import REASONS
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts, clients
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import already_signed_in, make_account
from tests.support.relying_party import RelyingParty, refusal

pytestmark = pytest.mark.spec("RFC9700-4.14.2")

MakeParty = Callable[..., RelyingParty]
BOUND = "openid profile"


@dataclass(frozen=True)
class World:
    """One sign-in, and all a switch may need."""

    provider: Provider
    party: RelyingParty
    browser: Browser
    account: Account

    def operate(self, act: Callable[[Context], object]) -> None:
        """Do what an operator's command does."""
        ctx = self.provider.open(Request(method="POST", path="/"))
        try:
            act(ctx)
            ctx.keep()
        finally:
            ctx.work.close()


@pytest.fixture
def world(provider: Provider, party: RelyingParty, signed_in: Browser, account: Account) -> World:
    return World(provider, party, signed_in, account)


def disable(world: World) -> None:
    def act(ctx: Context) -> None:
        accounts.set_disabled(ctx.tx, world.account.id, ctx.now)
        ending.end_account(ctx, world.account.id, "account_disabled")

    world.operate(act)


def change_password(world: World) -> None:
    def act(ctx: Context) -> None:
        accounts.set_password_hash(ctx.tx, world.account.id, "new", ctx.now)
        ending.end_account(ctx, world.account.id, "credentials_changed")

    world.operate(act)


def withdraw_consent(world: World) -> None:
    world.browser.visit(f"{world.party.issuer}/account").press(world.party.client_id)
    assert world.browser.status == 200


def end_client(world: World) -> None:
    world.operate(lambda ctx: ending.end_client(ctx, world.party.client_id))


def sign_out(world: World) -> None:
    world.browser.visit(f"{world.party.issuer}/logout").press("confirm")


SWITCHES: dict[str, Callable[[World], None]] = {
    "account_disabled": disable,
    "credentials_changed": change_password,
    "revoked_by_user": withdraw_consent,
    "revoked_by_administrator": end_client,
    "session_ended": sign_out,
}
every_switch = pytest.mark.parametrize("reason", SWITCHES)


@every_switch
def test_a_refresh_token_ends_and_says_why(world: World, reason: str) -> None:
    tokens = world.party.sign_in(world.browser, scope=BOUND)
    SWITCHES[reason](world)
    body = refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{world.party.issuer}/errors/{reason}"


@every_switch
def test_the_token_rotated_before_is_not_repeated(world: World, reason: str) -> None:
    tokens = world.party.sign_in(world.browser, scope=BOUND)
    world.party.refresh(tokens.refresh_token)
    SWITCHES[reason](world)
    body = refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{world.party.issuer}/errors/{reason}"


@every_switch
def test_an_access_token_ends_at_userinfo(world: World, reason: str) -> None:
    tokens = world.party.sign_in(world.browser, scope=BOUND)
    SWITCHES[reason](world)
    assert world.party.userinfo_raw(tokens.access_token).status == 401


@every_switch
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_is_inactive_at_introspection(
    make_relying_party: MakeParty,
    provider: Provider,
    signed_in: Browser,
    account: Account,
    reason: str,
    kind: str,
) -> None:
    party = make_relying_party()
    tokens = party.sign_in(signed_in, scope=BOUND)
    assert party.introspect(tokens.body[kind])["active"] is True
    SWITCHES[reason](World(provider, party, signed_in, account))
    assert party.introspect(tokens.body[kind]) == {"active": False}


@every_switch
@pytest.mark.spec("RFC6749-4.1.2")
def test_a_code_that_was_not_redeemed_yet_ends(world: World, reason: str) -> None:
    grant = world.party.authorize(world.browser, scope=BOUND)
    if reason == "revoked_by_user":
        world.party.sign_in(world.browser, scope=BOUND)
    SWITCHES[reason](world)
    refusal(world.party.redeem_raw(grant), "invalid_grant")


def test_an_account_that_is_enabled_again_revives_nothing(world: World) -> None:
    tokens = world.party.sign_in(world.browser)
    disable(world)
    world.operate(lambda ctx: accounts.set_disabled(ctx.tx, world.account.id, None))
    body = refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{world.party.issuer}/errors/account_disabled"
    assert not world.party.is_accepted(tokens.access_token)


@pytest.mark.spec("OIDCC-11")
def test_signing_out_leaves_offline_access_alone(world: World) -> None:
    tokens = world.party.sign_in(world.browser)
    assert "offline_access" in tokens.scope
    sign_out(world)
    assert world.party.is_accepted(tokens.access_token)
    assert world.party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("OIDCRPL-2")
def test_signing_out_at_the_clients_wish_ends_what_hangs_on_the_session(world: World) -> None:
    tokens = world.party.sign_in(world.browser, scope=BOUND)
    query = urlencode({"id_token_hint": tokens.id_token})
    world.browser.come(f"{world.party.endpoint('end_session')}?{query}")
    body = refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{world.party.issuer}/errors/session_ended"


def test_signing_out_here_ends_nothing_of_other_browsers(world: World, provider: Provider) -> None:
    elsewhere = Browser(world.party.app, world.party.issuer)
    theirs = world.party.sign_in(elsewhere, scope=BOUND)
    sign_out(world)
    assert world.party.refresh(theirs.refresh_token).access_token


def test_withdrawing_one_application_leaves_the_others(
    make_relying_party: MakeParty, world: World
) -> None:
    other = make_relying_party()
    theirs = other.sign_in(world.browser)
    tokens = world.party.sign_in(world.browser)
    withdraw_consent(world)
    refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_grant")
    assert other.refresh(theirs.refresh_token).access_token


def test_withdrawing_ends_every_sign_in_of_that_application(world: World) -> None:
    several = [world.party.sign_in(world.browser) for _ in range(3)]
    withdraw_consent(world)
    for tokens in several:
        refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_grant")


def test_disabling_one_account_leaves_the_others(
    provider: Provider, world: World, account: Account
) -> None:
    someone = make_account(provider, "someone")
    elsewhere = Browser(world.party.app, world.party.issuer)
    already_signed_in(provider, elsewhere, someone)
    theirs = world.party.sign_in(elsewhere)
    disable(world)
    assert world.party.refresh(theirs.refresh_token).access_token


@pytest.mark.parametrize("kind", ["refresh", "code", "userinfo"])
def test_nothing_of_a_disabled_client_works(world: World, kind: str) -> None:
    tokens = world.party.sign_in(world.browser)
    grant = world.party.authorize(world.browser)
    now = world.provider.clock.now()
    world.operate(lambda ctx: clients.disable(ctx.tx, world.party.client_id, now))
    if kind == "refresh":
        refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_client")
    elif kind == "code":
        refusal(world.party.redeem_raw(grant), "invalid_client")
    else:
        assert world.party.userinfo_raw(tokens.access_token).status == 401


def test_the_access_token_of_a_disabled_client_is_inactive_for_its_api(
    make_relying_party: MakeParty, provider: Provider, clock: SettableClock
) -> None:
    party = make_relying_party()
    api = make_relying_party(policy={"audiences": (party.issuer,)})
    access_token = party.client_credentials().access_token
    assert api.introspect(access_token)["active"] is True
    ctx = provider.open(Request(method="POST", path="/"))
    clients.disable(ctx.tx, party.client_id, clock.now())
    ctx.keep()
    ctx.work.close()
    assert api.introspect(access_token) == {"active": False}


@pytest.mark.parametrize("kind", ["refresh", "userinfo"])
def test_nothing_of_a_removed_client_works(world: World, kind: str) -> None:
    tokens = world.party.sign_in(world.browser)
    world.operate(lambda ctx: clients.remove(ctx.tx, world.party.client_id, now=ctx.now))
    if kind == "refresh":
        refusal(world.party.refresh_raw(tokens.refresh_token), "invalid_client")
    else:
        assert world.party.userinfo_raw(tokens.access_token).status == 401


@pytest.mark.parametrize("reason", [reason["code"] for reason in REASONS])
def test_the_page_behind_every_sub_reason_explains_it(
    user_agent: Browser, relying_party: RelyingParty, reason: str
) -> None:
    browser = user_agent.visit(f"{relying_party.issuer}/errors/{reason}")
    assert browser.status == 200
    (told,) = [one for one in REASONS if one["code"] == reason]
    assert told["title"] in browser.page.text
    assert told["client"] in browser.page.text
    assert told["person"] in browser.page.text


@pytest.mark.parametrize("reason", ["nonsense", "REUSE_DETECTED", "..%2f..", "<svg>"])
def test_there_is_no_page_for_an_unknown_sub_reason(
    user_agent: Browser, relying_party: RelyingParty, reason: str
) -> None:
    browser = user_agent.visit(f"{relying_party.issuer}/errors/{reason}")
    assert browser.status == 404
