"""Two processes on one database, and APIs that ask one of them each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import flask
import pytest

from provider.app import create_app
from provider.context import Context, Provider
from provider.http import Request
from provider.model.account import Account
from provider.settings import Settings
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import Grant, RelyingParty, Tokens
from tests.support.status_lists import ResourceServer

Operate = Callable[[Callable[[Context], object]], None]
BOUND = "openid profile"


@dataclass(frozen=True)
class World:
    """One sign-in, and all that may end it."""

    party: RelyingParty
    browser: Browser
    account: Account
    operate: Operate
    grant: Grant
    tokens: Tokens


@pytest.fixture
def api(app: flask.Flask, settings: Settings) -> ResourceServer:
    """An API that asks the process under test."""
    return ResourceServer(app, settings.issuer)


@pytest.fixture
def neighbour(settings: Settings, clock: SettableClock) -> Iterator[flask.Flask]:
    """Another process on the same database."""
    built = create_app(settings, clock=clock)
    yield built
    built.extensions["signet"].engine.dispose()


@pytest.fixture
def neighbours_api(neighbour: flask.Flask, settings: Settings) -> ResourceServer:
    """An API that asks the other process."""
    return ResourceServer(neighbour, settings.issuer)


@pytest.fixture
def operate(provider: Provider) -> Operate:
    """Do what an operator's command does."""

    def act(what: Callable[[Context], object]) -> None:
        ctx = provider.open(Request(method="", path=""))
        try:
            what(ctx)
            ctx.keep()
        finally:
            ctx.work.close()

    return act


@pytest.fixture
def world(
    relying_party: RelyingParty, signed_in: Browser, account: Account, operate: Operate
) -> World:
    grant = relying_party.authorize(signed_in, scope=BOUND)
    tokens = relying_party.redeem(grant)
    return World(relying_party, signed_in, account, operate, grant, tokens)
