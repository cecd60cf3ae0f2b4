"""OpenID Connect Back-Channel Logout §2: the logout token and its delivery, which outlives a
receiver that is down and a sender that dies."""

from threading import Event

import pytest

from provider.context import Provider
from provider.http import Request
from provider.logout import delivery, ending
from provider.logout.delivery import LEASE, deliver_due
from provider.store import logout_deliveries, sessions
from provider.store.logout_deliveries import Delivery
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty, Tokens
from tests.support.site import Site

pytestmark = pytest.mark.both_databases
TWO_DAYS = 2 * 86400


@pytest.fixture
def party(make_relying_party: MakeParty, site: Site) -> RelyingParty:
    return make_relying_party(
        backchannel_logout_uri=site.serve("/back", ""), backchannel_logout_session_required=True
    )


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in)


def sign_out(party: RelyingParty, browser: Browser, tokens: Tokens) -> None:
    hint = wire.encode({"id_token_hint": tokens.id_token})
    browser.come(f"{party.endpoint('end_session')}?{hint}")
    assert browser.page.has("logout-success")


def outbox(provider: Provider) -> list[Delivery]:
    with transaction(provider.engine, read_only=True) as tx:
        return logout_deliveries.all_of(tx, None, only_pending=False)


def received(site: Site) -> list[str]:
    return [one.form["logout_token"][0] for one in site.received if one.path == "/back"]


@pytest.mark.spec("OIDCBC-2.1")
def test_discovery_says_that_it_is_supported(relying_party: RelyingParty) -> None:
    assert relying_party.metadata["backchannel_logout_supported"] is True
    assert relying_party.metadata["backchannel_logout_session_supported"] is True


@pytest.mark.spec("OIDCBC-2.4", "OIDCBC-2.5")
def test_the_client_receives_a_logout_token_and_nothing_else(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider, site: Site
) -> None:
    sign_out(party, signed_in, tokens)
    assert deliver_due(provider) == 1
    (request,) = site.received
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert set(request.form) == {"logout_token"}
    (token,) = request.form["logout_token"]
    assert jwt.header_of(token)["typ"] == "logout+jwt"
    claims = jwt.verified(token, party.jwks)
    assert set(claims) == {"iss", "aud", "iat", "exp", "jti", "sub", "sid", "events"}
    assert claims["iss"] == party.issuer
    assert claims["aud"] == party.client_id
    assert claims["sub"] == tokens.claims["sub"]
    assert claims["sid"] == tokens.claims["sid"]
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.mark.spec("OIDCBC-2.8")
@pytest.mark.parametrize("status", [200, 204, 202])
def test_what_was_delivered_is_not_sent_again(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider, site: Site,
    clock: SettableClock, status: int,
) -> None:  # fmt: skip
    site.serve("/back", "", status=status)
    sign_out(party, signed_in, tokens)
    deliver_due(provider)
    clock.advance(86400)
    assert deliver_due(provider) == 0
    assert len(received(site)) == 1
    assert outbox(provider)[0].delivered_at is not None


@pytest.mark.spec("OIDCBC-2.8")
@pytest.mark.parametrize("status", [400, 404, 500, 503, 302])
def test_a_receiver_that_fails_is_asked_again_later_with_another_token(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider, site: Site,
    clock: SettableClock, status: int,
) -> None:  # fmt: skip
    site.serve("/back", "", status=status)
    sign_out(party, signed_in, tokens)
    deliver_due(provider)
    assert deliver_due(provider) == 0
    assert outbox(provider)[0].last_problem
    clock.advance(5)
    site.serve("/back", "")
    assert deliver_due(provider) == 1
    first, second = (jwt.claims_of(token) for token in received(site))
    assert first["jti"] != second["jti"]
    assert first["sid"] == second["sid"]
    assert outbox(provider)[0].delivered_at == clock.now()


@pytest.mark.spec("OIDCBC-2.8")
def test_a_receiver_that_stays_away_is_given_up_after_two_days(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider, site: Site,
    clock: SettableClock,
) -> None:  # fmt: skip
    site.serve("/back", "", status=500)
    sign_out(party, signed_in, tokens)
    begun = clock.now()
    while (due := outbox(provider)[0].next_attempt_at) is not None:
        clock.advance(max(0, due - clock.now()))
        assert deliver_due(provider) == 1
    assert clock.now() - begun <= TWO_DAYS
    assert 10 <= len(received(site)) <= 15
    clock.advance(86400)
    assert deliver_due(provider) == 0


def test_of_two_processes_one_sends(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider,
    clock: SettableClock,
) -> None:  # fmt: skip
    sign_out(party, signed_in, tokens)
    claims = []
    for _ in range(2):
        with transaction(provider.engine) as tx:
            claims.append(logout_deliveries.claim(tx, now=clock.now(), lease=LEASE, limit=8))
    assert [len(one) for one in claims] == [1, 0]


def test_what_a_dead_process_had_claimed_is_sent_after_the_lease(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider, site: Site,
    clock: SettableClock,
) -> None:  # fmt: skip
    sign_out(party, signed_in, tokens)
    with transaction(provider.engine) as tx:
        assert logout_deliveries.claim(tx, now=clock.now(), lease=LEASE, limit=8)
    clock.advance(LEASE - 1)
    assert deliver_due(provider) == 0
    clock.advance(1)
    assert deliver_due(provider) == 1
    assert len(received(site)) == 1


def test_an_ending_that_is_undone_tells_nobody(
    party: RelyingParty, tokens: Tokens, provider: Provider
) -> None:
    del party
    ctx = provider.open(Request(method="", path="", address="a test"))
    (session,) = sessions.list_live(ctx.tx, tokens.claims["sub"], ctx.now)
    assert ending.end_session(ctx, session)
    ctx.undo()
    assert outbox(provider) == []


def test_clients_that_took_no_part_or_registered_nothing_are_not_told(
    relying_party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser, site: Site,
    provider: Provider,
) -> None:  # fmt: skip
    make_relying_party(backchannel_logout_uri=site.url("/back"))
    sign_out(relying_party, signed_in, relying_party.sign_in(signed_in))
    assert outbox(provider) == []


def test_disabling_an_account_tells_the_clients_too(
    party: RelyingParty, tokens: Tokens, provider: Provider
) -> None:
    ctx = provider.open(Request(method="", path="", address="a test"))
    ending.end_account(ctx, tokens.claims["sub"], "account_disabled")
    ctx.keep()
    ctx.work.close()
    assert [(one.client_id, one.reason) for one in outbox(provider)] == [
        (party.client_id, "account_disabled")
    ]


def test_the_courier_sends_by_itself(
    party: RelyingParty, signed_in: Browser, tokens: Tokens, provider: Provider, site: Site
) -> None:
    arrived = Event()
    site.serve("/back", "", before=arrived.set)
    courier = delivery.Courier(provider)
    courier.start()
    sign_out(party, signed_in, tokens)
    assert arrived.wait(5)
    courier.stop()
    assert outbox(provider)[0].delivered_at is not None
