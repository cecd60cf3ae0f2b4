"""Guesses at one account from many networks (NIST SP 800-63B-4 §3.2.2, OWASP ASVS 6.3.1, 6.3.8):
few are looked at, the owner is delayed by seconds at most, and nothing tells which names exist."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from provider.authenticators import throttle
from provider.context import Provider
from provider.http import Request
from provider.model.account import Account
from provider.store import accounts
from provider.store.schema import throttle as table
from provider.store.unit_of_work import StorageUnavailable, transaction
from tests.support.arrival import PASSWORD
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.watching import events, row_counts, statements

DAY = 24 * 3600


def at_page(party: RelyingParty, address: str) -> Browser:
    return Browser(party.app, party.issuer, address=address).visit(f"{party.issuer}/account/login")


def attempt(provider: Provider, address: str, login: str, account: Account | None) -> bool:
    """Count an attempt of a browser without cookies, again where the database was busy. Return
    whether its password is looked at."""
    while True:
        ctx = provider.open(Request(method="POST", path="/account/login", address=address))
        try:
            counted = throttle.begin(ctx, login, account)
        except StorageUnavailable:
            continue
        finally:
            ctx.work.close()
        break
    return not counted.wait and counted.is_looked_at


@pytest.mark.both_databases
def test_an_attack_of_a_day_delays_the_owner_in_a_new_browser_by_seconds(
    relying_party: RelyingParty, provider: Provider, account: Account, clock: SettableClock
) -> None:
    """From three networks, each time that one may look; and the alarm names the account."""
    browsers = [at_page(relying_party, f"198.51.{number}.1") for number in range(3)]
    looked_at, began = 0, clock.now()
    while clock.now() < began + DAY:
        for browser in browsers:
            browser.sign_in("tester", "a wrong password")
            looked_at += browser.status == 400
        clock.advance(300)
    assert looked_at <= 3 * throttle.RESTS_AFTER
    assert {one.account_id for one in events(provider, "sign_in_attack_suspected")} >= {account.id}
    owner = at_page(relying_party, "203.0.113.9")
    owner.sign_in("tester", PASSWORD)
    assert owner.at == "account"


@pytest.mark.both_databases
def test_each_of_many_networks_gets_five_looks_and_all_together_one_in_fifteen_seconds(
    provider: Provider, account: Account, clock: SettableClock
) -> None:
    networks = [f"10.{number}.0" for number in range(20)]

    def guess(number: int) -> bool:
        address = f"{networks[number % len(networks)]}.{number % 250}"
        return attempt(provider, address, ("tester", "tester@example.com")[number % 2], account)

    with ThreadPoolExecutor(3) as threads:
        looked_at = sum(threads.map(guess, range(20 * 8)))
        assert looked_at == throttle.FREE * len(networks)
        clock.advance(DAY // 2 - 1)
        assert sum(threads.map(guess, range(20 * 2))) <= 2
        clock.advance(throttle.LOOK_EVERY - 1)
        assert sum(threads.map(guess, range(20 * 2))) <= 1
    assert attempt(provider, "192.0.2.1", "tester", account)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "pair", [("tester", "tester@example.com"), ("tester@example.com", "tester")]
)
def test_two_names_of_one_account_read_and_cost_like_those_of_nobody(
    relying_party: RelyingParty, provider: Provider, account: Account, pair: tuple[str, str]
) -> None:
    def read(first: str, second: str, network: str) -> list[object]:
        browser = at_page(relying_party, f"{network}.1")
        told: list[object] = []
        for name, address in [(first, 1)] * 8 + [(second, 2)] * 8 + [(first, 3)]:
            browser = at_page(relying_party, f"{network}.{address}")
            with statements(provider) as run:
                browser.sign_in(name, "a wrong password")
            assert browser.answer is not None
            fields = sorted(field for field, _ in browser.answer.fields)
            wait = browser.answer.header("Retry-After")
            told.append((browser.status, wait, len(run), fields, browser.page.text))
        return told

    at_page(relying_party, "192.0.2.9").sign_in("somebody", "a wrong password")
    known = read(*pair, "198.51.100")
    for one, other in zip(known, read("nobody", "nobody@example.com", "198.51.101"), strict=True):
        assert one == other


@pytest.mark.both_databases
def test_the_other_name_of_an_account_is_no_fresh_start(
    relying_party: RelyingParty, account: Account, clock: SettableClock
) -> None:
    """It reads as wrong what was not looked at, and after the wait the owner is let in."""
    browser = at_page(relying_party, "198.51.100.1")
    for _ in range(throttle.FREE):
        browser.sign_in("tester", "a wrong password")
    browser.sign_in("tester@example.com", PASSWORD)
    assert browser.status == 400
    clock.advance(2)
    browser.sign_in("tester@example.com", PASSWORD)
    assert browser.at == "account"


def test_a_success_gives_back_what_was_counted(
    relying_party: RelyingParty, account: Account
) -> None:
    for _ in range(3):
        browser = at_page(relying_party, "198.51.100.1")
        for _ in range(throttle.FREE - 1):
            browser.sign_in("tester", "a wrong password")
        browser.sign_in("tester", PASSWORD)
        assert browser.at == "account"


def test_after_a_hundred_failures_passwords_rest_for_that_network_and_a_day(
    provider: Provider, account: Account, clock: SettableClock
) -> None:
    for _ in range(throttle.RESTS_AFTER):
        assert attempt(provider, "198.51.100.1", "tester", account)
        clock.advance(300)
    assert not attempt(provider, "198.51.100.2", "tester", account)
    assert attempt(provider, "198.51.101.1", "tester", account)
    clock.advance(DAY)
    assert attempt(provider, "198.51.100.1", "tester", account)


def test_a_known_browser_is_forgotten_after_fifty_failures_in_a_row(
    relying_party: RelyingParty, provider: Provider, account: Account, clock: SettableClock
) -> None:
    browser = at_page(relying_party, "198.51.100.1")
    browser.sign_in("tester", PASSWORD)
    browser.press("sign_out")
    browser.visit(f"{relying_party.issuer}/account/login")
    assert row_counts(provider)["known_browser"] == 1
    for number in range(throttle.BROWSER_FORGOTTEN_AFTER):
        assert row_counts(provider)["known_browser"] == 1, number
        browser.sign_in("tester", "a wrong password")
        clock.advance(300)
    assert row_counts(provider)["known_browser"] == 0


@pytest.mark.both_databases
def test_a_wait_of_a_clock_that_was_ahead_ends_with_it(
    provider: Provider, account: Account, clock: SettableClock
) -> None:
    clock.advance(5 * 365 * DAY)
    for _ in range(throttle.FREE):
        assert attempt(provider, "198.51.100.1", "tester", account)
    assert not attempt(provider, "198.51.100.1", "tester", account)
    clock.advance(-5 * 365 * DAY)
    assert attempt(provider, "198.51.100.1", "tester", account)


def test_no_transaction_is_open_while_a_password_is_hashed(
    provider: Provider, account: Account
) -> None:
    """What was counted is kept by then."""
    ctx = provider.open(Request(method="POST", path="/account/login", address="198.51.100.1"))
    assert not throttle.begin(ctx, "tester", account).wait
    with transaction(provider.engine) as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 4
        assert accounts.find(tx, account.id) is not None
    ctx.undo()
