"""What every test of the catalogue is held to beside what it says: a bystander, another person
with another client, whose code, tokens and session work afterwards as before (G4); a second
node on the same database (G8); and a way to say that a refusal left nothing behind (G5)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

import flask
import pytest

from provider.app import create_app
from provider.context import Provider
from provider.settings import Settings
from tests.support import factories
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import Grant, RelyingParty, Tokens
from tests.support.watching import row_counts

MINUTE, HOUR, DAY = 60, 3600, 86400
USABLE = ("account", "authorization", "client", "client_secret", "consent", "session")
"""The tables whose rows open something."""

Nothing = Callable[[], AbstractContextManager[None]]
Node = Callable[[RelyingParty], RelyingParty]


@dataclass(frozen=True)
class Bystander:
    """Somebody who has nothing to do with it."""

    party: RelyingParty
    browser: Browser
    grant: Grant
    tokens: Tokens
    began: int

    def assert_unharmed(self, clock: SettableClock) -> None:
        """Use everything that, by its own lifetime, must still work."""
        passed = clock.now() - self.began
        if passed < 0:
            return
        if passed < 10 * MINUTE:
            assert self.party.is_accepted(self.tokens.access_token), "an access token died"
        if passed < MINUTE:
            assert self.party.redeem(self.grant).access_token, "a code died"
        if passed < 14 * DAY:
            assert self.party.refresh(self.tokens.refresh_token).access_token, "a family died"
        if passed < 12 * HOUR:
            self.browser.visit(f"{self.party.issuer}/account")
            assert self.browser.at == "account", "a session died"


@pytest.fixture(autouse=True)
def bystander(
    app: flask.Flask,
    provider: Provider,
    settings: Settings,
    clock: SettableClock,
    make_relying_party: MakeParty,
) -> Iterator[Bystander]:
    """Somebody else, unharmed whatever the test did."""
    person = factories.make_account(provider, "bystander")
    browser = Browser(app, settings.issuer, address="192.0.2.200")
    factories.already_signed_in(provider, browser, person)
    party = make_relying_party(client_id="bystander")
    tokens = party.sign_in(browser)
    found = Bystander(party, browser, party.authorize(browser), tokens, clock.now())
    yield found
    found.assert_unharmed(clock)


@pytest.fixture
def nothing_left(provider: Provider, bystander: Bystander) -> Nothing:
    """Say that what happens in a block leaves nothing usable behind and takes nothing away."""
    del bystander

    @contextmanager
    def block() -> Iterator[None]:
        before = row_counts(provider)
        yield
        after = row_counts(provider)
        assert {name: after[name] for name in USABLE} == {name: before[name] for name in USABLE}

    return block


@pytest.fixture
def second_node(settings: Settings, clock: SettableClock) -> Iterator[flask.Flask]:
    """Another process on the same database."""
    built = create_app(settings, clock=clock)
    yield built
    built.extensions["signet"].engine.dispose()


@pytest.fixture
def at_second_node(second_node: flask.Flask) -> Node:
    """Return the same client talking to the second node."""
    return lambda party: replace(party, app=second_node)
