"""LO: signing out at a wish that is not proven (OpenID Connect RP-Initiated Logout §6)."""

from provider.context import Provider
from tests.support import wire
from tests.support.arrival import at_account
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import row_counts


def test_lo_01_a_get_without_a_hint_signs_nobody_out(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    before = row_counts(provider)
    for query in (
        {}, {"client_id": relying_party.client_id}, {"state": "x"}, {"id_token_hint": "x"},
        {"post_logout_redirect_uri": "https://evil.example"}, {"logout_hint": "tester"},
        {"id_token_hint": "", "confirm": "yes"}, {"action": "confirm", "csrf_token": "x"},
    ):  # fmt: skip
        signed_in.come(f"{relying_party.endpoint('end_session')}?{wire.encode(query)}")
        assert signed_in.left is None
        signed_in.come_with(relying_party.endpoint("end_session"), query)
        assert signed_in.left is None
    at_account(signed_in)
    assert row_counts(provider) == before
