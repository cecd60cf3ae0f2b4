"""draft-ietf-oauth-status-list-21 §7: while an account is locked its tokens are SUSPENDED and
nothing goes on; then it goes on where it was. What ends meanwhile is INVALID for good."""

import pytest

from provider.logout import ending
from provider.model.account import Account
from tests.specs.status_list.conftest import BOUND, Operate, World
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, refusal
from tests.support.status_lists import INVALID, SUSPENDED, VALID, ResourceServer

pytestmark = [pytest.mark.spec("TSL-7.1"), pytest.mark.both_databases]


class TestALockedAccount:
    """`signet user lock`: everything rests, nothing ends."""

    @pytest.fixture(autouse=True)
    def _locked(self, world: World, clock: SettableClock) -> None:
        world.operate(lambda ctx: ending.lock_account(ctx, world.account.id))
        clock.advance(1)

    def unlock(self, world: World, clock: SettableClock) -> None:
        world.operate(lambda ctx: ending.unlock_account(ctx, world.account.id))
        clock.advance(1)

    def test_its_tokens_are_suspended_in_every_process_and_valid_again_after(
        self,
        world: World,
        api: ResourceServer,
        neighbours_api: ResourceServer,
        clock: SettableClock,
    ) -> None:
        token = world.tokens.access_token
        assert (api.status_of(token), neighbours_api.status_of(token)) == (SUSPENDED, SUSPENDED)
        self.unlock(world, clock)
        assert (api.status_of(token), neighbours_api.status_of(token)) == (VALID, VALID)

    def test_its_tokens_are_refused_where_we_are_asked_until_it_is_unlocked(
        self, world: World, clock: SettableClock
    ) -> None:
        token = world.tokens.access_token
        assert world.party.introspect(token) == {"active": False}
        assert world.party.userinfo_raw(token).status == 401
        self.unlock(world, clock)
        assert world.party.introspect(token)["active"] is True
        assert world.party.is_accepted(token)

    def test_a_refresh_is_refused_with_its_reason_and_works_again_after(
        self, world: World, clock: SettableClock
    ) -> None:
        for _ in range(2):
            body = refusal(world.party.refresh_raw(world.tokens.refresh_token), "invalid_grant")
            assert body["error_uri"] == f"{world.party.issuer}/errors/account_locked"
        self.unlock(world, clock)
        renewed = world.party.refresh(world.tokens.refresh_token)
        assert world.party.is_accepted(renewed.access_token)

    def test_nobody_signs_in_and_the_page_says_what_it_says_to_strangers(
        self, world: World, clock: SettableClock
    ) -> None:
        said = []
        for username in ("tester", "nobody"):
            browser = Browser(world.party.app, world.party.issuer)
            browser.come(world.party.start().url)
            browser.sign_in(username, "a password for tests")
            assert (browser.left, browser.status) == (None, 400)
            said.append(browser.page.text.replace(username, ""))
        assert said[0] == said[1]
        self.unlock(world, clock)
        assert world.party.sign_in(Browser(world.party.app, world.party.issuer)).access_token

    def test_its_sessions_rest(self, world: World, clock: SettableClock) -> None:
        refused = world.party.refused(world.browser, prompt="none")
        assert refused.error == "login_required"
        self.unlock(world, clock)
        assert world.party.sign_in(world.browser, scope=BOUND, prompt="none").access_token

    def test_what_ends_meanwhile_stays_ended(
        self, world: World, api: ResourceServer, clock: SettableClock
    ) -> None:
        world.party.revoke(world.tokens.refresh_token)
        clock.advance(1)
        assert api.status_of(world.tokens.access_token) == INVALID
        self.unlock(world, clock)
        assert api.status_of(world.tokens.access_token) == INVALID
        assert world.party.introspect(world.tokens.access_token) == {"active": False}
        refusal(world.party.refresh_raw(world.tokens.refresh_token), "invalid_grant")

    def test_what_had_ended_before_is_not_taken_back(
        self, world: World, api: ResourceServer, clock: SettableClock
    ) -> None:
        self.unlock(world, clock)
        world.party.revoke(world.tokens.refresh_token)
        world.operate(lambda ctx: ending.lock_account(ctx, world.account.id))
        clock.advance(1)
        assert api.status_of(world.tokens.access_token) == INVALID

    def test_a_second_lock_or_unlock_changes_nothing(
        self, world: World, api: ResourceServer, clock: SettableClock
    ) -> None:
        said: list[bool] = []
        world.operate(lambda ctx: said.append(ending.lock_account(ctx, world.account.id)))
        for _ in range(2):
            world.operate(lambda ctx: said.append(ending.unlock_account(ctx, world.account.id)))
        clock.advance(1)
        assert said == [False, True, False]
        assert api.status_of(world.tokens.access_token) == VALID


def test_a_code_of_a_locked_account_is_refused_with_its_reason_and_is_not_spent(
    relying_party: RelyingParty, signed_in: Browser, account: Account, operate: Operate
) -> None:
    grant = relying_party.authorize(signed_in)
    operate(lambda ctx: ending.lock_account(ctx, account.id))
    body = refusal(relying_party.redeem_raw(grant), "invalid_grant")
    assert body["error_uri"].endswith("/errors/account_locked")
    operate(lambda ctx: ending.unlock_account(ctx, account.id))
    assert relying_party.redeem(grant).access_token


def test_a_token_revoked_while_its_account_is_locked_is_invalid_for_good(
    world: World, api: ResourceServer, clock: SettableClock
) -> None:
    world.operate(lambda ctx: ending.lock_account(ctx, world.account.id))
    world.party.revoke(world.tokens.access_token)
    world.operate(lambda ctx: ending.unlock_account(ctx, world.account.id))
    clock.advance(1)
    assert api.status_of(world.tokens.access_token) == INVALID
    assert world.party.is_accepted(world.party.refresh(world.tokens.refresh_token).access_token)
