"""CL: clocks that are wrong (RFC 7519 §4.1)."""

from typing import Any

import pytest

from tests.specs.security.catalogue.conftest import DAY
from tests.support.arrival import MakeParty, at_account
from tests.support.assertions import accepted, present
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty


def test_cl_02_an_hour_that_is_skipped_ends_what_is_short_lived_and_nothing_else(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens, grant = relying_party.sign_in(signed_in), relying_party.authorize(signed_in)
    clock.advance(3600)
    assert relying_party.redeem_raw(grant).status == 400
    assert not relying_party.is_accepted(tokens.access_token)
    newer = relying_party.refresh(tokens.refresh_token)
    assert relying_party.is_accepted(newer.access_token)
    at_account(signed_in)
    clock.advance(-3600)
    assert relying_party.refresh(newer.refresh_token).access_token
    clock.advance(-600)
    assert relying_party.refresh_raw(newer.refresh_token).status in (200, 400)
    at_account(signed_in)
    clock.advance(91 * DAY)
    assert relying_party.refresh_raw(newer.refresh_token).status == 400
    signed_in.visit(f"{relying_party.issuer}/account")
    assert signed_in.at == "login"


@pytest.mark.parametrize("off", [-3600, -61, -59, 0, 59, 60, 61, 3600])
def test_cl_01_clocks_may_be_a_minute_apart_and_no_more(
    make_relying_party: MakeParty, clock: SettableClock, off: int
) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    then = clock.now() + off
    times: dict[str, Any] = {"iat": then, "nbf": then, "exp": then + (60 if off > 0 else 0)}
    assert accepted(present(party, party.assertion(**times))) == (abs(off) <= 60)
