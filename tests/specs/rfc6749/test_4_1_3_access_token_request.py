"""RFC 6749 §4.1.3, RFC 9700 §4.5: a code is its client's, works once, and only with what it is
bound to; a refused attempt changes nothing for its owner."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from provider.context import Context, Provider
from provider.http import Request
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts, clients
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import change_client, public
from tests.support.relying_party import Grant, RelyingParty, refusal

MakeParty = Callable[..., RelyingParty]


def by_operator(provider: Provider, act: Callable[[Context], object]) -> None:
    ctx = provider.open(Request(method="POST", path="/"))
    try:
        act(ctx)
        ctx.keep()
    finally:
        ctx.work.close()


@pytest.fixture
def grant(relying_party: RelyingParty, signed_in: Browser) -> Grant:
    return relying_party.authorize(signed_in)


@pytest.mark.spec("RFC6749-4.1.3", "OIDCC-3.1.3.1")
@pytest.mark.both_databases
def test_a_code_turns_into_tokens(relying_party: RelyingParty, signed_in: Browser) -> None:
    tokens = relying_party.sign_in(signed_in)
    assert relying_party.userinfo(tokens)["preferred_username"] == "tester"


@pytest.mark.spec("RFC6749-4.1.2", "RFC9700-4.5")
@pytest.mark.parametrize("after", [0, 30, 61, 599])
def test_a_redeemed_code_presented_again_ends_everything_issued_from_it(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, after: int
) -> None:
    grant = relying_party.authorize(signed_in)
    tokens = relying_party.redeem(grant)
    newer = relying_party.refresh(tokens.refresh_token)
    clock.advance(after)
    assert relying_party.is_accepted(newer.access_token)
    body = refusal(relying_party.redeem_raw(grant), "invalid_grant")
    assert body["error_uri"] == "https://op.example/errors/code_replayed"
    for issued in (tokens, newer):
        assert not relying_party.is_accepted(issued.access_token)
        assert relying_party.introspect(issued.access_token) == {"active": False}
        assert relying_party.introspect(issued.refresh_token) == {"active": False}
        refusal(relying_party.refresh_raw(issued.refresh_token), "invalid_grant")


@pytest.mark.spec("RFC6749-4.1.2")
def test_the_replay_of_one_code_leaves_other_authorizations_alone(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    other = relying_party.sign_in(signed_in)
    grant = relying_party.authorize(signed_in)
    relying_party.redeem(grant)
    refusal(relying_party.redeem_raw(grant), "invalid_grant")
    assert relying_party.is_accepted(other.access_token)
    assert relying_party.refresh(other.refresh_token).access_token


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_replay_answers_the_same_as_often_as_it_comes(
    relying_party: RelyingParty, grant: Grant
) -> None:
    relying_party.redeem(grant)
    for _ in range(3):
        refusal(relying_party.redeem_raw(grant), "invalid_grant")


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize("kind", [dict, public])
def test_a_code_of_another_client_is_refused_and_stays_its_owners(
    relying_party: RelyingParty, make_relying_party: MakeParty, grant: Grant, kind: MakeParty
) -> None:
    thief = make_relying_party(**kind())  # type: ignore[arg-type]
    refusal(thief.redeem_raw(grant), "invalid_grant")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.2")
def test_another_client_that_replays_a_code_can_not_end_the_owners_tokens(
    relying_party: RelyingParty, make_relying_party: MakeParty, grant: Grant
) -> None:
    tokens = relying_party.redeem(grant)
    refusal(make_relying_party().redeem_raw(grant), "invalid_grant")
    assert relying_party.is_accepted(tokens.access_token)
    assert relying_party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_client_that_fails_to_authenticate_does_not_spend_the_code(
    relying_party: RelyingParty, grant: Grant
) -> None:
    right, relying_party.secret = relying_party.secret, "wrong"
    refusal(relying_party.redeem_raw(grant), "invalid_client")
    relying_party.secret = right
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize(
    "presented",
    [
        "https://rp.example/cb/",
        "https://rp.example/cb?x=1",
        "https://RP.example/cb",
        "https://rp.example/other",
        "https://evil.example/cb",
    ],
)
def test_the_redirect_uri_must_be_the_one_of_the_request(
    make_relying_party: MakeParty, signed_in: Browser, presented: str
) -> None:
    uris = ("https://rp.example/cb", "https://rp.example/other")
    party = make_relying_party(redirect_uris=uris)
    grant = party.authorize(signed_in)
    refusal(party.redeem_raw(grant, redirect_uri=presented), "invalid_grant")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize("name", ["code", "grant_type"])
def test_a_request_that_lacks_a_parameter_is_refused_and_does_not_spend_the_code(
    relying_party: RelyingParty, grant: Grant, name: str
) -> None:
    refusal(relying_party.redeem_raw(grant, **{name: None}), "invalid_request")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-5.2")
@pytest.mark.parametrize(
    "code", ["nope", "signet_code_", "signet_code_" + "A" * 43, "A" * 9_000, "' OR 1=1 --"]
)
def test_an_unknown_code_is_refused(relying_party: RelyingParty, grant: Grant, code: str) -> None:
    refusal(relying_party.redeem_raw(grant, code=code), "invalid_grant")
    refusal(relying_party.redeem_raw(grant, code=grant.code[:-1]), "invalid_grant")
    refusal(relying_party.redeem_raw(grant, code=grant.code + "A"), "invalid_grant")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-5.2")
def test_an_unknown_code_and_a_foreign_one_can_not_be_told_apart(
    relying_party: RelyingParty, make_relying_party: MakeParty, grant: Grant
) -> None:
    thief = make_relying_party()
    foreign = refusal(thief.redeem_raw(grant), "invalid_grant")
    unknown = refusal(thief.redeem_raw(grant, code="signet_code_" + "A" * 43), "invalid_grant")
    assert foreign == unknown


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_token_is_no_code(relying_party: RelyingParty, grant: Grant) -> None:
    tokens = relying_party.redeem(grant)
    for value in (tokens.access_token, tokens.refresh_token, tokens.id_token):
        refusal(relying_party.redeem_raw(grant, code=value), "invalid_grant")
    assert relying_party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_code_is_no_refresh_token(relying_party: RelyingParty, grant: Grant) -> None:
    refusal(relying_party.refresh_raw(grant.code), "invalid_grant")
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-5.2")
def test_a_client_without_the_grant_type_is_refused(
    provider: Provider, relying_party: RelyingParty, grant: Grant
) -> None:
    def forbid(ctx: Context) -> None:
        client = clients.find(ctx.tx, relying_party.client_id)
        assert client is not None
        clients.replace(ctx.tx, replace(client, grant_types=("client_credentials",)), ctx.now)

    by_operator(provider, forbid)
    refusal(relying_party.redeem_raw(grant), "unauthorized_client")


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_code_that_went_to_an_address_that_was_taken_from_the_client_is_refused(
    provider: Provider, relying_party: RelyingParty, grant: Grant, clock: SettableClock
) -> None:
    change_client(provider, relying_party.client_id, redirect_uris=("https://rp.example/new",))
    clock.advance(2)
    refusal(relying_party.redeem_raw(grant), "invalid_grant")
    change_client(provider, relying_party.client_id, redirect_uris=(relying_party.redirect_uri,))
    clock.advance(2)
    assert relying_party.redeem(grant).access_token


@pytest.mark.spec("RFC6749-4.1.2")
@pytest.mark.parametrize(
    ("sent", "lost"),
    [
        ({"resource": "https://foreign.example"}, {}),
        ({}, {"scope": "notes:read"}),
        ({}, {"redirect_uris": ("https://rp.example/new",)}),
    ],
)
def test_a_replay_counts_whatever_else_is_wrong_with_it(
    provider: Provider, relying_party: RelyingParty, grant: Grant, clock: SettableClock,
    sent: dict[str, str], lost: dict[str, object],
) -> None:  # fmt: skip
    tokens = relying_party.redeem(grant)
    change_client(provider, relying_party.client_id, **lost)
    clock.advance(2)
    assert "error_uri" in refusal(relying_party.redeem_raw(grant, **sent), "invalid_grant")
    assert not relying_party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize("parallel", [20])
@pytest.mark.both_databases
def test_of_parallel_exchanges_of_one_code_exactly_one_succeeds(
    relying_party: RelyingParty, signed_in: Browser, parallel: int
) -> None:
    grant = relying_party.authorize(signed_in)
    with ThreadPoolExecutor(parallel) as pool:
        answers = list(pool.map(lambda _: relying_party.redeem_raw(grant), range(parallel)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * (parallel - 1)
    for answer in answers:
        if answer.status == 400:
            refusal(answer, "invalid_grant")


@pytest.mark.spec("RFC6749-4.1.3")
@pytest.mark.parametrize(
    "happened", ["account disabled", "password changed", "consent withdrawn", "client disabled"]
)
def test_what_ends_access_ends_a_code_that_waits(
    provider: Provider,
    relying_party: RelyingParty,
    account: Account,
    grant: Grant,
    happened: str,
) -> None:
    def act(ctx: Context) -> None:
        match happened:
            case "account disabled":
                accounts.set_disabled(ctx.tx, account.id, ctx.now)
                ending.end_account(ctx, account.id, "account_disabled")
            case "password changed":
                ending.end_account(ctx, account.id, "credentials_changed")
            case "consent withdrawn":
                ending.withdraw(ctx, account.id, relying_party.client_id)
            case _:
                clients.disable(ctx.tx, relying_party.client_id, ctx.now)

    by_operator(provider, act)
    error = "invalid_client" if happened == "client disabled" else "invalid_grant"
    refusal(relying_party.redeem_raw(grant), error)
    if happened == "account disabled":
        by_operator(provider, lambda ctx: accounts.set_disabled(ctx.tx, account.id, None))
        refusal(relying_party.redeem_raw(grant), "invalid_grant")


@pytest.mark.spec("RFC6749-4.1.3")
def test_the_code_of_a_disabled_account_is_refused_whatever_else_was_done(
    provider: Provider, relying_party: RelyingParty, account: Account, grant: Grant
) -> None:
    by_operator(provider, lambda ctx: accounts.set_disabled(ctx.tx, account.id, ctx.now))
    refusal(relying_party.redeem_raw(grant), "invalid_grant")


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_code_survives_the_end_of_nothing_but_its_own_session(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider, account: Account
) -> None:
    online = relying_party.authorize(signed_in, scope="openid")
    offline = relying_party.authorize(signed_in, scope="openid offline_access")
    by_operator(provider, lambda ctx: ending.end_sessions(ctx, account.id))
    refusal(relying_party.redeem_raw(online), "invalid_grant")
    assert relying_party.redeem(offline).access_token
