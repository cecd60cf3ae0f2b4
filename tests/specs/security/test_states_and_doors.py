"""What has ended is ended at every door: one table of what may become of an account, a client, a
session, a consent, a family and a code, and of what each door says then. A state is brought about
as in life where that can be, else by the row that says it, so that no other limit is met on
the way. Access tokens are for an API, which introspects them and reads the status list.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from provider.context import Context, Provider
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts, authorizations, clients
from provider.store.schema import account as account_table
from provider.store.schema import authorization as authorization_table
from provider.store.schema import session as session_table
from provider.store.unit_of_work import transaction
from provider.testing.operating import operating
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.relying_party import Grant, Refused, RelyingParty, Tokens
from tests.support.status_lists import INVALID, SUSPENDED, VALID, ResourceServer
from tests.support.wire import Answer

pytestmark = [pytest.mark.spec("RFC9700-4.14.2", "OIDCC-11"), pytest.mark.both_databases]

BOUND, OFFLINE = "openid profile", "openid profile offline_access"
DOORS = (
    "authorize", "code", "refresh", "userinfo", "access token introspected",
    "refresh token introspected", "revocation", "status list", "account page",
)  # fmt: skip
OPEN = ("issued", "tokens", "tokens", 200, True, True, 200, VALID, "account")
OFF = ("invalid_client", "invalid_client", 401, False, "invalid_client", "invalid_client")
"""What a client that is off or gone meets, from its code on."""


@dataclass
class World:
    """A person signed in at one client, which has tokens, and a code it has not redeemed."""

    provider: Provider
    clock: SettableClock
    party: RelyingParty
    browser: Browser
    account: Account
    redeemed: Grant
    tokens: Tokens
    grant: Grant
    api: RelyingParty
    lists: ResourceServer

    def operate(self, act: Callable[[Context], object]) -> None:
        """Do what an operator's command does."""
        with operating(self.provider) as ctx:
            act(ctx)

    def set(self, table: sa.Table, where: sa.ColumnElement[bool], **values: Any) -> None:
        """Let a row say that a time has passed."""
        with transaction(self.provider.engine) as tx:
            assert tx.execute(table.update().where(where).values(**values)).rowcount

    def run_out(self, **values: int) -> None:
        """Let the sessions of the account have run out."""
        self.set(session_table, session_table.c.account_id == self.account.id, **values)

    def family(self, **values: int) -> None:
        """Let the family of the tokens have run out."""
        self.set(authorization_table, authorization_table.c.generation.is_not(None), **values)


State = Callable[[World], object]


def sign_out(world: World) -> None:
    world.browser.visit(f"{world.party.issuer}/account").press("sign_out")


def idle_out(world: World) -> None:
    world.run_out(idle_expires_at=world.clock.now())


def noted_idle_out(world: World) -> None:
    idle_out(world)
    world.clock.advance(11)


def expired(world: World) -> None:
    now = world.clock.now()
    world.run_out(idle_expires_at=now, expires_at=now)
    world.clock.advance(11)


def lock(world: World) -> None:
    world.operate(lambda ctx: ending.lock_account(ctx, world.account.id))


def unlock(world: World) -> None:
    lock(world)
    world.operate(lambda ctx: ending.unlock_account(ctx, world.account.id))


def disable(world: World) -> None:
    def act(ctx: Context) -> None:
        accounts.set_disabled(ctx.tx, world.account.id, ctx.now)
        ending.end_account(ctx, world.account.id, "account_disabled")

    world.operate(act)


def enable(world: World) -> None:
    disable(world)
    world.operate(lambda ctx: accounts.set_disabled(ctx.tx, world.account.id, None))


def remove(world: World) -> None:
    with transaction(world.provider.engine) as tx:
        tx.execute(account_table.delete().where(account_table.c.id == world.account.id))


def set_password(world: World) -> None:
    def act(ctx: Context) -> None:
        accounts.set_password_hash(ctx.tx, world.account.id, "new", ctx.now)
        ending.end_account(ctx, world.account.id, "credentials_changed")

    world.operate(act)


def disable_client(world: World) -> None:
    def act(ctx: Context) -> None:
        clients.disable(ctx.tx, world.party.client_id, ctx.now)
        ending.end_client(ctx, world.party.client_id)

    world.operate(act)


def enable_client(world: World) -> None:
    disable_client(world)
    world.operate(lambda ctx: clients.enable(ctx.tx, world.party.client_id))


def remove_client(world: World) -> None:
    world.operate(lambda ctx: clients.remove(ctx.tx, world.party.client_id, now=ctx.now))


def withdraw(world: World) -> None:
    world.operate(lambda ctx: ending.withdraw(ctx, world.account.id, world.party.client_id))


def reuse(world: World) -> None:
    newest = world.party.refresh(world.tokens.refresh_token).refresh_token
    world.party.refresh(newest)
    assert told(world.party.refresh_raw(world.tokens.refresh_token)).endswith("reuse_detected")


def end_family(world: World) -> None:
    def act(ctx: Context) -> None:
        for one in authorizations.list_live(ctx.tx, world.account.id, ctx.now):
            ending.end_authorization(ctx, one, "revoked_by_administrator")

    world.operate(act)


def give_back(world: World) -> None:
    world.party.revoke(world.tokens.refresh_token)


def give_access_back(world: World) -> None:
    world.party.revoke(world.tokens.access_token)


def replay(world: World) -> None:
    assert told(world.party.redeem_raw(world.redeemed)).endswith("code_replayed")


def let_code_expire(world: World) -> None:
    world.clock.advance(61)


def family_idle(world: World) -> None:
    world.family(idle_expires_at=world.clock.now())


def family_absolute(world: World) -> None:
    world.family(absolute_expires_at=world.clock.now())


def nothing(world: World) -> None:
    """Leave everything as it is."""


def ended(code: str, refresh: str, authorize: str = "login_required", page: str = "login") -> Any:
    """Return what the doors say where the authorizations have ended."""
    return (authorize, code, refresh, 401, False, False, 200, INVALID, page)


def family_ended(reason: str) -> Any:
    """Return what they say where one family has ended, and the code is another's."""
    refresh = f"invalid_grant: {reason}"
    return ended("tokens", refresh, authorize="issued", page="account")


UNKNOWN, GONE = "invalid_grant", "invalid_grant: unknown_token"
LOCKED, OVER = "invalid_grant: account_locked", "invalid_grant: session_ended"
DISABLED = "invalid_grant: account_disabled"
REVOKED = "invalid_grant: revoked_by_administrator"
RUN_OUT = (True, False, 200, VALID, "account")
TABLE: dict[tuple[str, str], tuple[State, tuple[Any, ...]]] = {
    ("as it was", BOUND): (nothing, OPEN),
    ("account locked", BOUND): (
        lock,
        ("login_required", LOCKED, LOCKED, 401, False, False, 200, SUSPENDED, "login"),
    ),
    ("account unlocked", BOUND): (unlock, OPEN),
    ("account disabled", BOUND): (disable, ended(UNKNOWN, DISABLED)),
    ("account disabled", OFFLINE): (disable, ended(UNKNOWN, DISABLED)),
    ("account enabled", OFFLINE): (enable, ended(UNKNOWN, DISABLED)),
    # no command does this, so no list hears of it: what is issued lives to its end there
    ("account deleted by SQL", OFFLINE): (
        remove,
        ("login_required", UNKNOWN, GONE, 401, False, False, 200, VALID, "login"),
    ),
    ("password changed", BOUND): (
        set_password,
        ended(UNKNOWN, "invalid_grant: credentials_changed"),
    ),
    ("password changed", OFFLINE): (
        set_password,
        ended(UNKNOWN, "invalid_grant: credentials_changed"),
    ),
    ("client disabled", OFFLINE): (disable_client, ("page", *OFF, INVALID, "account")),
    ("client enabled", OFFLINE): (
        enable_client,
        ended(UNKNOWN, REVOKED, authorize="issued", page="account"),
    ),
    ("client removed", OFFLINE): (remove_client, ("page", *OFF, INVALID, "account")),
    ("session ended", BOUND): (sign_out, ended(UNKNOWN, OVER)),
    ("session ended", OFFLINE): (
        sign_out,
        ("login_required", *OPEN[1:-1], "login"),
    ),
    ("session idle", BOUND): (
        idle_out,
        ("login_required", OVER, OVER, 401, False, False, 200, VALID, "login"),
    ),
    ("session idle and noted", BOUND): (noted_idle_out, ended(UNKNOWN, OVER)),
    ("session idle and noted", OFFLINE): (
        noted_idle_out,
        ("login_required", *OPEN[1:-1], "login"),
    ),
    ("session expired", BOUND): (expired, ended(UNKNOWN, OVER)),
    ("session expired", OFFLINE): (expired, ("login_required", *OPEN[1:-1], "login")),
    ("consent withdrawn", OFFLINE): (
        withdraw,
        ended(UNKNOWN, "invalid_grant: revoked_by_user", "consent_required", "account"),
    ),
    ("refresh token reused", BOUND): (reuse, family_ended("reuse_detected")),
    ("authorizations ended", OFFLINE): (end_family, family_ended("revoked_by_administrator")),
    ("refresh token given back", BOUND): (give_back, family_ended("revoked_by_client")),
    ("code replayed", BOUND): (replay, family_ended("code_replayed")),
    ("code expired", BOUND): (let_code_expire, ("issued", "invalid_grant", *OPEN[2:])),
    ("access token given back", BOUND): (
        give_access_back,
        ("issued", "tokens", "tokens", 401, False, True, 200, INVALID, "account"),
    ),
    # what was not called back lives to its own end
    ("family idle", OFFLINE): (
        family_idle,
        ("issued", "tokens", "invalid_grant: expired_idle", 200, *RUN_OUT),
    ),
    ("family at its end", OFFLINE): (
        family_absolute,
        ("issued", "tokens", "invalid_grant: expired_absolute", 200, *RUN_OUT),
    ),
}


def told(answer: Answer) -> str:
    """Return what the token endpoint said, with the reason that has a page."""
    if answer.status == 200:
        return "tokens"
    reason = str(answer.json.get("error_uri", "")).rpartition("/")[2]
    return f"{answer.json['error']}: {reason}" if reason else str(answer.json["error"])


def introspected(party: RelyingParty, token: str) -> object:
    answer = party.post("introspection", {"token": token})
    return answer.json["active"] if answer.status == 200 else answer.json["error"]


def authorized(world: World, scope: str) -> str:
    """Return what a silent request of the client comes to."""
    attempt = world.party.start(scope=scope, resource=API, prompt="none")
    world.browser.come(attempt.url)
    if world.browser.left is None:
        return "page"
    try:
        world.party.receive(attempt, world.browser.left)
    except Refused as refused:
        return refused.error
    return "issued"


def ask_at_every_door(world: World, scope: str) -> tuple[object, ...]:
    """Return what each door says, first those that change nothing."""
    party, tokens = world.party, world.tokens
    listed = world.lists.status_of(tokens.access_token)
    userinfo = party.userinfo_raw(tokens.access_token).status
    access = introspected(world.api, tokens.access_token)
    refresh = introspected(party, tokens.refresh_token)
    page = world.browser.visit(f"{party.issuer}/account").at
    authorize = authorized(world, scope)
    code = told(party.redeem_raw(world.grant))
    rotated = told(party.refresh_raw(tokens.refresh_token))
    revocation = party.post("revocation", {"token": tokens.refresh_token})
    given_back = 200 if revocation.status == 200 else revocation.json["error"]
    return authorize, code, rotated, userinfo, access, refresh, given_back, listed, page


@pytest.mark.parametrize(("state", "scope"), TABLE)
def test_what_has_ended_is_ended_at_every_door(
    app: flask.Flask,
    provider: Provider,
    clock: SettableClock,
    make_relying_party: MakeParty,
    signed_in: Browser,
    account: Account,
    state: str,
    scope: str,
) -> None:
    party, api = make_relying_party(), make_relying_party(policy={"audiences": (API,)})
    redeemed = party.authorize(signed_in, scope=scope, resource=API)
    tokens = party.redeem(redeemed)
    grant = party.authorize(signed_in, scope=scope, resource=API)
    lists = ResourceServer(app, provider.issuer)
    world = World(
        provider, clock, party, signed_in, account, redeemed, tokens, grant, api, lists
    )  # fmt: skip
    bring_about, expected = TABLE[state, scope]
    bring_about(world)
    clock.advance(1)
    answers = ask_at_every_door(world, scope)
    assert dict(zip(DOORS, answers, strict=True)) == dict(zip(DOORS, expected, strict=True))
