"""MF: there is no second factor, and none is claimed (RFC 9470, OpenID Connect Core §5.5.1.1)."""

import json

import pytest

from tests.specs.security.catalogue.absence import assert_unknown, buttons
from tests.support.arrival import at_account
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "mfa", "otp", "totp", "2fa", "account/mfa", "account/totp", "account/factors",
    "recovery-codes", "account/recovery-codes", "login/totp", "step-up", "otp/new",
)  # fmt: skip


@pytest.mark.parametrize("case", [f"MF-0{number}" for number in (1, 2, 3, 4, 5, 6, 9)])
def test_mf_01_to_09_there_is_no_second_factor_that_could_be_skipped(
    relying_party: RelyingParty, signed_in: Browser, case: str
) -> None:
    assert_unknown(relying_party, ADDRESSES)
    assert relying_party.metadata["acr_values_supported"] == ["urn:signet:acr:password"]
    tokens = relying_party.sign_in(signed_in, acr_values="mfa 2 urn:signet:acr:totp phr")
    assert tokens.claims["acr"] == "urn:signet:acr:password", case
    assert tokens.claims["amr"] == ["pwd"]
    at_account(signed_in)
    for offered in buttons(signed_in):
        assert not any(word in offered for word in ("totp", "otp", "factor", "recovery"))


@pytest.mark.parametrize("acr", ["mfa", "phr", "urn:signet:acr:PASSWORD", "0", "", "http://x/2"])
def test_mf_07_a_level_that_is_not_held_is_never_claimed(
    relying_party: RelyingParty, signed_in: Browser, acr: str
) -> None:
    essential = {"id_token": {"acr": {"essential": True, "values": [acr]}}}
    refused = relying_party.refused(signed_in, claims=json.dumps(essential))
    assert refused.error == "unmet_authentication_requirements"
    voluntary = {"id_token": {"acr": {"value": acr}}}
    tokens = relying_party.sign_in(signed_in, claims=json.dumps(voluntary), acr_values=acr or "x")
    assert tokens.claims["acr"] == "urn:signet:acr:password"
