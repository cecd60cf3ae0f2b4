"""ID-09: credential stuffing, one guess at each of many accounts (OWASP ASVS 6.3.1). What one
address tries is counted across accounts and nodes, what all addresses try together raises an
alarm; people who share the address with who guesses, or mistype, are not locked out."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.specs.security.catalogue.conftest import Node
from tests.support.arrival import PASSWORD
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.watching import events

HOUR = 3600


def guess(party: RelyingParty, address: str, number: int) -> int:
    """Try one leaked password of somebody; return the status."""
    browser = at_page(party, address)
    browser.sign_in(f"victim{number}", f"leaked {number}")
    return browser.status


def at_page(party: RelyingParty, address: str) -> Browser:
    browser = Browser(party.app, party.issuer, address=address)
    return browser.visit(f"{party.issuer}/account/login")


@pytest.mark.both_databases
@pytest.mark.settings(sign_in={"failures_per_address": 8})
def test_id_09_one_address_is_counted_across_accounts_and_nodes(
    relying_party: RelyingParty, at_second_node: Node, provider: Provider
) -> None:
    nodes = relying_party, at_second_node(relying_party)
    statuses = [guess(nodes[number % 2], "192.0.2.77", number) for number in range(20)]
    assert statuses == [400] * 8 + [429] * 12
    assert {one.address for one in events(provider, "sign_in_throttled")} == {"192.0.2.77"}
    assert guess(relying_party, "192.0.2.78", 99) == 400


@pytest.mark.settings(sign_in={"failures_per_address": 8})
@pytest.mark.parametrize(
    ("addresses", "same"),
    [
        ("2001:db8:1:2::{:x}", True),
        ("2001:db8:1:2:{0:x}:{0:x}:{0:x}:1", True),
        ("2001:db8:1:{:x}::1", False),
        ("::ffff:192.0.2.{}", False),
    ],
)
def test_id_09_whoever_has_one_address_of_a_64_has_all_of_it(
    relying_party: RelyingParty, addresses: str, *, same: bool
) -> None:
    statuses = [guess(relying_party, addresses.format(n + 1), n) for n in range(12)]
    assert (429 in statuses) is same


def test_id_09_an_ipv4_address_is_one_in_both_spellings(relying_party: RelyingParty) -> None:
    spellings = ("192.0.2.5", "::ffff:192.0.2.5", "::ffff:c000:205")
    statuses = [guess(relying_party, spellings[number % 3], number) for number in range(22)]
    assert statuses.index(429) == 20


def test_id_09_people_behind_an_address_that_must_wait_sign_in_from_where_they_did_before(
    relying_party: RelyingParty, account: Account
) -> None:
    office = "192.0.2.80"
    known = at_page(relying_party, office)
    known.sign_in("tester", PASSWORD)
    known.press("sign_out")
    while guess(relying_party, office, 1) != 429:
        pass
    known.visit(f"{relying_party.issuer}/account/login").sign_in("tester", "mistyped once")
    assert known.status == 400
    known.sign_in("tester", PASSWORD)
    assert known.at == "account"


def test_id_09_a_handful_of_mistakes_keeps_nobody_behind_the_address_waiting(
    relying_party: RelyingParty, account: Account, clock: SettableClock
) -> None:
    """Fifteen an hour, hour after hour."""
    office = "192.0.2.81"
    for hour in range(3):
        statuses = {guess(relying_party, office, hour * 15 + number) for number in range(15)}
        assert statuses == {400}
        newcomer = at_page(relying_party, office)
        newcomer.sign_in("tester", PASSWORD)
        assert newcomer.at == "account"
        clock.advance(HOUR)


@pytest.mark.both_databases
@pytest.mark.settings(sign_in={"failures_per_address": 8, "alarm_failures": 25})
def test_id_09_one_guess_from_each_of_many_addresses_raises_an_alarm(
    relying_party: RelyingParty, at_second_node: Node, provider: Provider, clock: SettableClock
) -> None:
    """And then each address has a quarter of its failures, until the window is over."""
    nodes = relying_party, at_second_node(relying_party)
    for number in range(40):
        assert guess(nodes[number % 2], f"198.18.0.{number}", number) == 400
        assert len(events(provider, "sign_in_attack_suspected")) == (number >= 24)
    (alarm,) = events(provider, "sign_in_attack_suspected")
    assert alarm.detail == {"failures": 25}
    assert [guess(relying_party, "198.18.1.1", number) for number in range(3)] == [400, 400, 429]
    clock.advance(HOUR)
    assert [guess(relying_party, "198.18.1.2", number) for number in range(8)] == [400] * 8
    assert len(events(provider, "sign_in_attack_suspected")) == 1
