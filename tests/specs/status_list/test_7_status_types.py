"""draft-ietf-oauth-status-list-21 §7: whatever ends access makes its tokens INVALID in the list
that every process serves within a second."""

from collections.abc import Callable

import pytest

from provider.context import Context
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts, clients
from tests.specs.status_list.conftest import Operate, World
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import already_signed_in, front_channel
from tests.support.relying_party import RelyingParty, refusal
from tests.support.status_lists import INVALID, VALID, ResourceServer, reference_of

pytestmark = [pytest.mark.spec("TSL-7.1"), pytest.mark.both_databases]


def _client_revokes_refresh_token(world: World) -> None:
    world.party.revoke(world.tokens.refresh_token)


def _client_revokes_access_token(world: World) -> None:
    world.party.revoke(world.tokens.access_token)


def _refresh_token_is_reused(world: World) -> None:
    second = world.party.refresh(world.tokens.refresh_token)
    world.party.refresh(second.refresh_token)
    refusal(world.party.refresh_raw(world.tokens.refresh_token), "invalid_grant")


def _code_is_replayed(world: World) -> None:
    refusal(world.party.redeem_raw(world.grant), "invalid_grant")


def _person_withdraws(world: World) -> None:
    world.browser.visit(f"{world.party.issuer}/account").press(world.party.client_id)


def _person_signs_out(world: World) -> None:
    world.browser.visit(f"{world.party.issuer}/logout").press("confirm")


def _session_is_ended_by_an_operator(world: World) -> None:
    world.operate(lambda ctx: ending.end_sessions(ctx, world.account.id))


def _password_changes(world: World) -> None:
    def act(ctx: Context) -> None:
        accounts.set_password_hash(ctx.tx, world.account.id, "new", ctx.now)
        ending.end_account(ctx, world.account.id, "credentials_changed")

    world.operate(act)


def _account_is_disabled(world: World) -> None:
    def act(ctx: Context) -> None:
        accounts.set_disabled(ctx.tx, world.account.id, ctx.now)
        ending.end_account(ctx, world.account.id, "account_disabled")

    world.operate(act)


def _client_is_ended(world: World) -> None:
    world.operate(lambda ctx: ending.end_client(ctx, world.party.client_id))


def _client_is_disabled(world: World) -> None:
    def act(ctx: Context) -> None:
        clients.disable(ctx.tx, world.party.client_id, ctx.now)
        ending.end_client(ctx, world.party.client_id)

    world.operate(act)


def _client_is_removed(world: World) -> None:
    world.operate(lambda ctx: clients.remove(ctx.tx, world.party.client_id, now=ctx.now))


CAUSES: dict[str, Callable[[World], None]] = {
    "the client revokes its refresh token": _client_revokes_refresh_token,
    "the client revokes its access token": _client_revokes_access_token,
    "a refresh token is used twice": _refresh_token_is_reused,
    "the code is used twice": _code_is_replayed,
    "the person withdraws": _person_withdraws,
    "the person signs out": _person_signs_out,
    "an operator ends the session": _session_is_ended_by_an_operator,
    "the password changes": _password_changes,
    "the account is disabled": _account_is_disabled,
    "the client's access ends": _client_is_ended,
    "the client is disabled": _client_is_disabled,
    "the client is removed": _client_is_removed,
}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_ends_access_is_in_the_list_of_every_process_within_a_second(
    world: World,
    api: ResourceServer,
    neighbours_api: ResourceServer,
    clock: SettableClock,
    cause: str,
) -> None:
    token = world.tokens.access_token
    assert (api.status_of(token), neighbours_api.status_of(token)) == (VALID, VALID)
    CAUSES[cause](world)
    clock.advance(1)
    assert (api.status_of(token), neighbours_api.status_of(token)) == (INVALID, INVALID)
    clock.advance(599)
    assert neighbours_api.status_of(token) == INVALID


@pytest.mark.parametrize("cause", CAUSES)
def test_what_ends_access_leaves_the_tokens_of_others_alone(
    make_relying_party: MakeParty,
    make_account: Callable[..., Account],
    app: object,
    provider: object,
    world: World,
    api: ResourceServer,
    clock: SettableClock,
    cause: str,
) -> None:
    stranger = Browser(world.party.app, world.party.issuer)
    already_signed_in(provider, stranger, make_account("stranger"))  # type: ignore[arg-type]
    others = make_relying_party().sign_in(stranger)
    CAUSES[cause](world)
    clock.advance(1)
    assert api.status_of(others.access_token) == VALID


def test_a_refusal_that_ends_nothing_writes_nothing(
    world: World, api: ResourceServer, make_relying_party: MakeParty, clock: SettableClock
) -> None:
    stranger = make_relying_party()
    stranger.revoke(world.tokens.access_token)
    stranger.revoke(world.tokens.refresh_token)
    refusal(stranger.refresh_raw(world.tokens.refresh_token), "invalid_grant")
    refusal(stranger.redeem_raw(world.grant), "invalid_grant")
    clock.advance(1)
    assert api.status_of(world.tokens.access_token) == VALID


def test_a_session_that_ends_leaves_what_was_to_outlast_it(
    world: World, api: ResourceServer, clock: SettableClock
) -> None:
    offline = world.party.sign_in(world.browser, scope="openid offline_access")
    _person_signs_out(world)
    clock.advance(1)
    assert api.status_of(offline.access_token) == VALID
    assert api.status_of(world.tokens.access_token) == INVALID


@pytest.mark.settings(profile="openid")
def test_a_token_of_the_authorization_endpoint_ends_with_its_replayed_code(
    make_relying_party: MakeParty, signed_in: Browser, api: ResourceServer, clock: SettableClock
) -> None:
    party = make_relying_party(**front_channel())
    grant = party.authorize(signed_in, response_type="code token")
    party.redeem(grant)
    refusal(party.redeem_raw(grant), "invalid_grant")
    clock.advance(1)
    assert api.status_of(grant.tokens.access_token) == INVALID


def test_revoking_an_access_token_leaves_the_place_and_the_refresh_token_goes_on(
    world: World, api: ResourceServer, clock: SettableClock
) -> None:
    world.party.revoke(world.tokens.access_token)
    renewed = world.party.refresh(world.tokens.refresh_token)
    assert reference_of(renewed.access_token) != reference_of(world.tokens.access_token)
    clock.advance(1)
    assert api.status_of(renewed.access_token) == VALID
    assert api.status_of(world.tokens.access_token) == INVALID
    assert world.party.introspect(renewed.access_token)["active"] is True
    assert world.party.introspect(world.tokens.access_token) == {"active": False}


def test_a_later_end_reaches_the_new_place_and_the_old_one_stays_invalid(
    world: World, api: ResourceServer, clock: SettableClock
) -> None:
    world.party.revoke(world.tokens.access_token)
    renewed = world.party.refresh(world.tokens.refresh_token)
    world.party.revoke(renewed.refresh_token)
    clock.advance(1)
    for token in (world.tokens.access_token, renewed.access_token):
        assert api.status_of(token) == INVALID


class TestTheClientsOwnTokens:
    """Those of the client credentials grant, which have no authorization."""

    def test_one_that_is_revoked_takes_its_siblings_along_and_the_next_is_fresh(
        self, relying_party: RelyingParty, api: ResourceServer, clock: SettableClock
    ) -> None:
        one, other = (relying_party.client_credentials().access_token for _ in range(2))
        relying_party.revoke(one)
        following = relying_party.client_credentials().access_token
        relying_party.revoke(other)
        clock.advance(1)
        assert [api.status_of(each) for each in (one, other, following)] == [1, 1, 0]
        assert relying_party.introspect(following)["active"] is True
        assert relying_party.introspect(other) == {"active": False}

    def test_a_disabled_client_ends_them_and_an_enabled_one_gets_new_ones(
        self,
        relying_party: RelyingParty,
        api: ResourceServer,
        operate: Operate,
        clock: SettableClock,
    ) -> None:
        token = relying_party.client_credentials().access_token
        operate(lambda ctx: clients.disable(ctx.tx, relying_party.client_id, ctx.now))
        clock.advance(1)
        assert api.status_of(token) == INVALID
        operate(lambda ctx: clients.enable(ctx.tx, relying_party.client_id))
        assert relying_party.introspect(token) == {"active": False}
        renewed = relying_party.client_credentials().access_token
        assert relying_party.introspect(renewed)["active"] is True
        clock.advance(1)
        assert (api.status_of(token), api.status_of(renewed)) == (INVALID, VALID)

    def test_a_removed_client_ends_them(
        self,
        relying_party: RelyingParty,
        api: ResourceServer,
        operate: Operate,
        clock: SettableClock,
    ) -> None:
        token = relying_party.client_credentials().access_token
        operate(lambda ctx: clients.remove(ctx.tx, relying_party.client_id, now=ctx.now))
        clock.advance(1)
        assert api.status_of(token) == INVALID
