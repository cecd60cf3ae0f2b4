"""Clients of both types, for rules that hold for either."""

from collections.abc import Callable

import pytest

from tests.support.browser import Browser
from tests.support.factories import public
from tests.support.relying_party import RelyingParty, Tokens


@pytest.fixture(params=["confidential", "public"])
def party(
    request: pytest.FixtureRequest, make_relying_party: Callable[..., RelyingParty]
) -> RelyingParty:
    """A client of each type."""
    return make_relying_party(**(public() if request.param == "public" else {}))


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    """What the client got when the person signed in."""
    return party.sign_in(signed_in)
