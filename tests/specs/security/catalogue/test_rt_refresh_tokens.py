"""RT: families of refresh tokens (RFC 9700 §4.14, RFC 6749 §6, OpenID Connect Core §12)."""

from collections.abc import Callable

import pytest

from provider.context import Context, Provider
from provider.http import Request
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts, clients
from tests.specs.security.catalogue.conftest import DAY, Node
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import public
from tests.support.relying_party import RelyingParty, Tokens, refusal
from tests.support.watching import at_once, events

KINDS = pytest.mark.parametrize("kind", ["confidential", "public"])


def of(make: MakeParty, kind: str) -> RelyingParty:
    """Return a client of either type."""
    return make(**(public() if kind == "public" else {}))


@pytest.mark.both_databases
@KINDS
@pytest.mark.parametrize("replayed", [0, 1])
def test_rt_01_any_older_generation_ends_the_family_at_every_node(
    make_relying_party: MakeParty, signed_in: Browser, at_second_node: Node, clock: SettableClock,
    provider: Provider, kind: str, replayed: int,
) -> None:  # fmt: skip
    party = of(make_relying_party, kind)
    family = [party.sign_in(signed_in)]
    for _ in range(3):
        clock.advance(40)
        family.append(party.refresh(family[-1].refresh_token))
    elsewhere = at_second_node(party)
    refusal(elsewhere.refresh_raw(family[replayed].refresh_token), "invalid_grant")
    for node in (party, elsewhere):
        for tokens in family:
            refusal(node.refresh_raw(tokens.refresh_token), "invalid_grant")
            assert not node.is_accepted(tokens.access_token)
    (told,) = events(provider, "refresh_token_reuse_detected")
    assert (told.client_id, told.address) == (party.client_id, "203.0.113.7")
    assert told.authorization_id


Switch = Callable[[Context, RelyingParty, Account], object]


def _disable(ctx: Context, _party: RelyingParty, account: Account) -> None:
    accounts.set_disabled(ctx.tx, account.id, ctx.now)
    ending.end_account(ctx, account.id, "account_disabled")


def _only_disable(ctx: Context, _party: RelyingParty, account: Account) -> None:
    accounts.set_disabled(ctx.tx, account.id, ctx.now)


def _change_password(ctx: Context, _party: RelyingParty, account: Account) -> None:
    accounts.set_password_hash(ctx.tx, account.id, "other", ctx.now)
    ending.end_account(ctx, account.id, "credentials_changed")


SWITCHES: dict[str, Switch] = {
    "account disabled": _disable,
    "account disabled, nothing else": _only_disable,
    "password changed": _change_password,
    "consent withdrawn": lambda ctx, party, account: ending.withdraw(
        ctx, account.id, party.client_id
    ),
    "client disabled": lambda ctx, party, _account: clients.disable(
        ctx.tx, party.client_id, ctx.now
    ),
    "client removed": lambda ctx, party, _account: clients.remove(
        ctx.tx, party.client_id, now=ctx.now
    ),
    "signed out everywhere": lambda ctx, _party, account: ending.end_sessions(ctx, account.id),
}


@pytest.mark.both_databases
@KINDS
@pytest.mark.parametrize("switch", SWITCHES)
def test_rt_04_every_switch_ends_every_kind_of_token_at_every_node(
    make_relying_party: MakeParty, provider: Provider, signed_in: Browser, account: Account,
    at_second_node: Node, kind: str, switch: str,
) -> None:  # fmt: skip
    """CD-06 as well: a code that waits is one of them. Not for offline access at sign-out."""
    party = of(make_relying_party, kind)
    tokens = party.sign_in(signed_in, scope="openid profile")
    grant = party.authorize(signed_in, scope="openid profile")
    ctx = provider.open(Request(method="POST", path="/"))
    try:
        SWITCHES[switch](ctx, party, account)
        ctx.keep()
    finally:
        ctx.work.close()
    gone = "invalid_client" if switch.startswith("client") else "invalid_grant"
    for node in (at_second_node(party), party):
        refusal(node.refresh_raw(tokens.refresh_token), gone)
        refusal(node.redeem_raw(grant), gone)
        assert not node.is_accepted(tokens.access_token)
    if switch == "account disabled":
        _enable(provider, account)
        refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")
        refusal(party.redeem_raw(grant), "invalid_grant")


def _enable(provider: Provider, account: Account) -> None:
    ctx = provider.open(Request(method="POST", path="/"))
    accounts.set_disabled(ctx.tx, account.id, None)
    ctx.keep()
    ctx.work.close()


@pytest.mark.both_databases
@KINDS
def test_rt_05_fifty_refreshes_at_two_nodes_leave_one_lineage(
    make_relying_party: MakeParty, signed_in: Browser, at_second_node: Node, kind: str
) -> None:
    """RT-06 as well: a repeat is answered with the same successor, never with a sibling. On a busy
    machine some may be told to come back (503), which is no verdict."""
    party = of(make_relying_party, kind)
    tokens = party.sign_in(signed_in)
    nodes = [party, at_second_node(party)] * 25
    answers = at_once(lambda: nodes.pop().refresh_raw(tokens.refresh_token), 50)
    given = {one.json["refresh_token"] for one in answers if one.status == 200}
    assert len(given) == 1
    for answer in answers:
        if answer.status not in (200, 503):
            refusal(answer, "invalid_grant")
    assert party.refresh(given.pop()).access_token


@KINDS
def test_rt_07_no_use_makes_a_family_longer_than_ninety_days(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock, kind: str
) -> None:
    party = of(make_relying_party, kind)
    tokens: Tokens = party.sign_in(signed_in)
    for _ in range(89):
        clock.advance(DAY)
        tokens = party.refresh(tokens.refresh_token)
    clock.advance(DAY - 1)
    tokens = party.refresh(tokens.refresh_token)
    clock.advance(1)
    refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")


def test_rt_08_an_expired_token_is_not_repeated_inside_the_window(
    public_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = public_party.sign_in(signed_in)
    clock.advance(14 * DAY - 5)
    assert public_party.refresh(tokens.refresh_token).access_token
    clock.advance(5)
    assert public_party.refresh_raw(tokens.refresh_token).status in (200, 400)
    clock.advance(14 * DAY)
    refusal(public_party.refresh_raw(tokens.refresh_token), "invalid_grant")


@pytest.mark.parametrize("scope", ["openid", "openid profile", "notes:read"])
def test_rt_10_without_offline_access_a_family_ends_with_the_session(
    relying_party: RelyingParty, signed_in: Browser, scope: str
) -> None:
    """The documented policy: bound to the session."""
    tokens = relying_party.sign_in(signed_in, scope=scope)
    assert relying_party.refresh(tokens.refresh_token).access_token
    signed_in.visit(f"{relying_party.issuer}/logout").press("confirm")
    refusal(relying_party.refresh_raw(tokens.refresh_token), "invalid_grant")


def test_rt_14_reuse_ends_one_sign_in_of_several(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    first, second, third = (relying_party.sign_in(signed_in) for _ in range(3))
    newest = relying_party.refresh(second.refresh_token)
    newest = relying_party.refresh(newest.refresh_token)
    refusal(relying_party.refresh_raw(second.refresh_token), "invalid_grant")
    refusal(relying_party.refresh_raw(newest.refresh_token), "invalid_grant")
    for other in (first, third):
        assert relying_party.is_accepted(other.access_token)
        assert relying_party.refresh(other.refresh_token).access_token
