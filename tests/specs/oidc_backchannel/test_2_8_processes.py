"""OpenID Connect Back-Channel Logout §2.8, with processes that run and processes that are killed:
a delivery is lost by no crash, and none is sent by two at once."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from provider.context import Provider
from provider.logout.delivery import LEASE, deliver_due
from provider.settings import Settings
from provider.store import logout_deliveries
from provider.store.logout_deliveries import Delivery
from provider.store.unit_of_work import transaction
from tests.support import factories, jwt
from tests.support.clock import SettableClock
from tests.support.courier import CourierProcess
from tests.support.site import Site

pytestmark = [pytest.mark.both_databases, pytest.mark.spec("OIDCBC-2.8")]

MANY = 24
Start = Callable[..., CourierProcess]


@pytest.fixture
def start(settings: Settings, clock: SettableClock) -> Iterator[Start]:
    """Start a courier whose clock is `later` seconds ahead; it is killed at the end."""
    started: list[CourierProcess] = []

    def begin(later: int = 0) -> CourierProcess:
        courier = CourierProcess(settings, clock.now() + later)
        started.append(courier)
        return courier

    yield begin
    for courier in started:
        courier.kill()


def fill(provider: Provider, address: str, *sids: str) -> None:
    """Put into the outbox what a client at this address is to be told."""
    client = factories.make_client(provider, backchannel_logout_uri=address).client
    now = provider.clock.now()
    with transaction(provider.engine) as tx:
        for sid in sids:
            about = Delivery(
                id=sid, client_id=client.client_id, subject="somebody", sid=sid,
                reason="session_ended", created_at=now, next_attempt_at=now,
                expires_at=now + 10 * LEASE,
            )  # fmt: skip
            logout_deliveries.add(tx, about)


def outbox(provider: Provider) -> dict[str, Delivery]:
    with transaction(provider.engine, read_only=True) as tx:
        return {one.id: one for one in logout_deliveries.all_of(tx, None, only_pending=False)}


def told(site: Site) -> Counter[str]:
    """Return how often each session was told of."""
    tokens = [one.form["logout_token"][0] for one in site.received]
    return Counter(str(jwt.claims_of(token)["sid"]) for token in tokens)


def await_delivered(provider: Provider, *sids: str) -> None:
    """Look until another process has settled these."""
    deadline = time.monotonic() + 30
    while any(outbox(provider)[sid].delivered_at is None for sid in sids):
        assert time.monotonic() < deadline
        Event().wait(0.02)


@contextmanager
def blocked(site: Site, path: str) -> Iterator[Event]:
    """Let whoever asks for `path` wait. Yields what says that somebody does."""
    arrived, let_go = Event(), Event()

    def wait() -> None:
        arrived.set()
        let_go.wait(30)

    site.serve(path, "", before=wait)
    try:
        yield arrived
    finally:
        let_go.set()


def test_what_a_killed_process_was_sending_is_sent_by_another_after_the_lease(
    provider: Provider, site: Site, start: Start, clock: SettableClock
) -> None:
    fill(provider, site.url("/blocked"), "held")
    victim, heir = start(), start(LEASE)
    with blocked(site, "/blocked") as arrived:
        victim.wait_ready()
        victim.go()
        assert arrived.wait(30)
        victim.kill()
    assert outbox(provider)["held"].delivered_at is None
    site.serve("/blocked", "")
    clock.advance(LEASE - 1)
    assert deliver_due(provider) == 0
    assert heir.send() == 1
    assert told(site) == {"held": 2}
    settled = outbox(provider)["held"]
    assert (settled.attempts, settled.next_attempt_at) == (2, None)
    assert settled.delivered_at is not None


def test_what_it_had_sent_before_it_was_killed_is_not_sent_again(
    provider: Provider, site: Site, start: Start
) -> None:
    fill(provider, site.serve("/quick", ""), "one", "two", "three")
    fill(provider, site.url("/blocked"), "held")
    victim, heir = start(), start(LEASE)
    with blocked(site, "/blocked") as arrived:
        victim.wait_ready()
        victim.go()
        assert arrived.wait(30)
        await_delivered(provider, "one", "two", "three")
        victim.kill()
    site.serve("/blocked", "")
    assert heir.send() == 1
    assert told(site) == {"one": 1, "two": 1, "three": 1, "held": 2}


def test_two_processes_at_once_send_everything_exactly_once(
    provider: Provider, site: Site, start: Start
) -> None:
    sids = [f"session {number}" for number in range(MANY)]
    fill(provider, site.serve("/back", ""), *sids)
    racers = start(), start()
    for racer in racers:
        racer.wait_ready()
    for racer in racers:
        racer.go()
    attempts = [racer.attempts() for racer in racers]
    assert sum(attempts) == MANY
    assert told(site) == dict.fromkeys(sids, 1)
    assert {(one.attempts, one.next_attempt_at) for one in outbox(provider).values()} == {
        (1, None)
    }
