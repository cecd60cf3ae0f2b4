"""TX: tokens and assertions are not exchanged for tokens (RFC 8693, RFC 7523 §2.1)."""

import pytest

from tests.specs.security.catalogue.absence import assert_grants_nothing, assert_unknown
from tests.specs.security.catalogue.conftest import Nothing
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "exchange", "token/exchange", "sts",
)  # fmt: skip


EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token", "id_token", "jwt", "saml2"])
def test_tx_01_and_02_no_token_is_exchanged_for_another(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing, kind: str
) -> None:
    assert_unknown(relying_party, ADDRESSES)
    tokens = relying_party.sign_in(signed_in)
    with nothing_left():
        assert_grants_nothing(
            relying_party, EXCHANGE,
            subject_token=str(tokens.body.get(kind, "x")), scope="notes:write",
            subject_token_type=f"urn:ietf:params:oauth:token-type:{kind}",
            audience="https://elsewhere.example",
        )  # fmt: skip


@pytest.mark.parametrize(
    "grant_type",
    [f"urn:ietf:params:oauth:grant-type:{kind}" for kind in ("jwt-bearer", "saml2-bearer")],
)
def test_tx_03_no_assertion_is_a_grant(
    make_relying_party: MakeParty, nothing_left: Nothing, grant_type: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt")
    with nothing_left():
        for assertion in (party.assertion(), party.assertion(aud="https://evil.example"), "x"):
            assert_grants_nothing(party, grant_type, assertion=assertion)
