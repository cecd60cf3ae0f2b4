"""A tiny issuer on loopback, and verifiers of one API on the same clock that stands still."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provider.resource_server import Refused, Verifier
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support.clock import SettableClock

MakeVerifier = Callable[..., Verifier]


@pytest.fixture
def issuer(clock: SettableClock) -> Iterator[TinyIssuer]:
    running = TinyIssuer(clock).start()
    yield running
    running.stop()


@pytest.fixture
def make_verifier(issuer: TinyIssuer, clock: SettableClock) -> Iterator[MakeVerifier]:
    """Makes verifiers with other options. They are closed with the test."""
    made: list[Verifier] = []

    def make(**options: Any) -> Verifier:
        audience = options.pop("audience", NOTES)
        name = options.pop("issuer", issuer.name)
        made.append(Verifier(name, audience, **{"clock": clock.now, **options}))
        return made[-1]

    yield make
    for verifier in made:
        verifier.close()


@pytest.fixture
def verifier(make_verifier: MakeVerifier) -> Verifier:
    return make_verifier()


def refusal(act: Callable[[], object]) -> Refused:
    """Return the refusal that `act` ends in."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value
