"""Being refused makes no rows: neither by guessing nor by inventing names (OWASP ASVS 16.2,
RFC 6749 §10.10), what was refused never displaces what was decided, and housekeeping keeps up."""

import pytest

from provider.context import Provider
from provider.credentials.guesses import FREE_FAILURES
from provider.housekeeping import BATCHES, ROWS, keep_house
from provider.model.account import Account
from provider.store import seen_jtis
from provider.store.refusals import WINDOW
from provider.store.unit_of_work import transaction
from tests.support.arrival import PASSWORD, at_account
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.watching import at_once, events, row_counts

MACHINE = {"grant_type": "client_credentials"}


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ["tester", "nobody", "nobody {}"])
def test_attempts_to_sign_in_without_end_leave_two_events_of_each_kind_a_window(
    user_agent: Browser, provider: Provider, account: Account, clock: SettableClock, name: str
) -> None:
    user_agent.visit(user_agent.issuer + "/account/login")
    for number in range(60):
        user_agent.sign_in(name.format(number), "a wrong password")
    assert len(events(provider, "sign_in_failed")) == 1
    assert len(events(provider, "sign_in_throttled")) == 1
    assert row_counts(provider)["refusal"] == 2
    clock.advance(WINDOW)
    keep_house(provider, clock.now())
    failed, summed = events(provider, "sign_in_failed")
    assert failed.detail.keys() == {"reason"}
    throttled = events(provider, "sign_in_throttled")[1]
    assert summed.detail["count"] + throttled.detail["count"] == 60
    assert row_counts(provider)["refusal"] == 0


@pytest.mark.both_databases
def test_refusals_at_the_same_moment_are_one_event_and_all_counted(
    user_agent: Browser, provider: Provider, clock: SettableClock
) -> None:
    user_agent.visit(user_agent.issuer + "/account/login")

    def one() -> None:
        user_agent.tab().visit(user_agent.url).sign_in("nobody", "a wrong password")

    at_once(one, 8)
    clock.advance(WINDOW)
    at_once(lambda: keep_house(provider, clock.now()), 4)
    sums = [
        one.detail["count"]
        for name in ("sign_in_failed", "sign_in_throttled")
        for one in events(provider, name)
        if "count" in one.detail
    ]
    assert sum(sums) == 8


def test_failures_of_strangers_are_one_row_of_recent_activity(
    user_agent: Browser, relying_party: RelyingParty, account: Account, clock: SettableClock
) -> None:
    user_agent.visit(user_agent.issuer + "/account/login").sign_in("tester", PASSWORD)
    for number in range(26):
        thief = Browser(relying_party.app, relying_party.issuer, address=f"198.51.{number}.1")
        thief.visit(f"{relying_party.issuer}/account/login").sign_in("tester", "wrong")
        clock.advance(60)
    at_account(user_agent)
    text = user_agent.page.text
    assert "Signed in from a browser not seen before" in text
    assert text.count("Sign-ins that failed in the last seven days: 26") == 1


@pytest.mark.both_databases
def test_invented_clients_make_one_row_and_have_to_wait(
    relying_party: RelyingParty, provider: Provider
) -> None:
    own, secret, address = relying_party.client_id, relying_party.secret, "192.0.2.66"
    before = row_counts(provider)["throttle"]
    statuses = []
    for number in range(60):
        relying_party.client_id, relying_party.secret = f"invented-{number}", "wrong"
        statuses.append(relying_party.post("token", MACHINE, address=address).status)
    assert statuses == [401] * FREE_FAILURES + [429] * (60 - FREE_FAILURES)
    assert row_counts(provider)["throttle"] == before + 1
    relying_party.client_id, relying_party.secret = own, secret
    assert relying_party.post("token", MACHINE, address=address).status == 200


def test_who_guesses_at_a_client_waits_no_longer_than_a_clock_that_was_ahead(
    relying_party: RelyingParty, clock: SettableClock
) -> None:
    right, relying_party.secret = relying_party.secret, "wrong"
    clock.advance(5 * 365 * 24 * 3600)
    for _ in range(FREE_FAILURES + 2):
        answer = relying_party.post("token", MACHINE)
    assert answer.status == 429
    clock.advance(-5 * 365 * 24 * 3600)
    relying_party.secret = right
    assert relying_party.post("token", MACHINE).status == 200


@pytest.mark.both_databases
@pytest.mark.parametrize("rows", [1, ROWS + 1, ROWS * 3])
def test_housekeeping_removes_more_when_more_expired(
    provider: Provider, clock: SettableClock, rows: int
) -> None:
    with transaction(provider.engine) as tx:
        for number in range(rows):
            seen_jtis.use(tx, number.to_bytes(32, "big"), clock.now())
    assert keep_house(provider, clock.now()).get("seen_jti") == rows
    assert rows < ROWS * BATCHES


def test_the_owner_is_told_of_a_single_failure_too(user_agent: Browser, account: Account) -> None:
    user_agent.visit(user_agent.issuer + "/account/login")
    user_agent.sign_in("tester", "a wrong password")
    user_agent.sign_in("tester", PASSWORD)
    assert "A sign-in failed in the last seven days" in user_agent.page.text
