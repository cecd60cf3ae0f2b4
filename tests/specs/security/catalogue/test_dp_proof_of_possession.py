"""DP: tokens are not bound to keys (RFC 9449)."""

import pytest

from tests.specs.security.catalogue.absence import assert_inert, assert_unnamed
from tests.support import jwt, wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser


@pytest.mark.parametrize(
    ("case", "proof"),
    [
        ("DP-01", {"jti": "same"}), ("DP-02", {"htm": "GET", "htu": "https://evil.example"}),
        ("DP-03", {"alg": "none"}), ("DP-04", {"ath": "wrong"}), ("DP-05", {}),
        ("DP-06", {"nonce": "old"}),
    ],
)  # fmt: skip
def test_dp_01_to_06_a_proof_of_possession_binds_and_opens_nothing(
    make_relying_party: MakeParty, signed_in: Browser, case: str, proof: dict[str, str]
) -> None:
    party = make_relying_party()
    assert_unnamed(party, "dpop", "tls_client_certificate_bound")
    token = jwt.unsigned(proof, typ="dpop+jwt")
    assert_inert(
        party, signed_in, {"DPoP": token}, dpop_jkt="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    )
    tokens = party.sign_in(signed_in)
    for scheme in ("DPoP", "dpop"):
        headers = {"Authorization": f"{scheme} {tokens.access_token}", "DPoP": token}
        answer = wire.get(party.app, party.endpoint("userinfo"), headers=headers)
        assert answer.status == 401, case
        assert answer.header("DPoP-Nonce") is None
