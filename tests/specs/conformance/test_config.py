"""The plan Config, and its module in the plan Dynamic: the discovery document and the keys. What
the plan of RP-initiated logout asks of the document stands here as well."""

import pytest

from tests.specs.conformance import baseline
from tests.specs.conformance.known_metadata import KNOWN
from tests.support import wire
from tests.support.relying_party import RelyingParty

OPENID_RESPONSE_TYPES = {
    "code", "id_token", "id_token token", "code id_token", "code token", "code id_token token",
}  # fmt: skip


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param(mode, marks=pytest.mark.settings(registration={"mode": mode}))
        for mode in ("off", "open")
    ],
)
def test_oidcc_discovery_endpoint_verification(relying_party: RelyingParty, mode: str) -> None:
    address = f"{relying_party.issuer}/.well-known/openid-configuration"
    answer = wire.get(relying_party.app, address)
    assert answer.status == 200
    assert answer.content_type == "application/json"
    document = answer.json
    baseline.check_metadata(document, relying_party.issuer, KNOWN)
    baseline.check_keys(relying_party.jwks)
    assert set(document["response_types_supported"]) >= OPENID_RESPONSE_TYPES
    assert {"authorization_code", "implicit"} <= set(document["grant_types_supported"])
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "RS256" in document.get("request_object_signing_alg_values_supported", ["RS256"])
    assert "openid" in document["scopes_supported"]
    assert {"sub", "iss", "name", "email"} <= set(document["claims_supported"])
    assert set(document["subject_types_supported"]) & {"public", "pairwise"}
    assert document["userinfo_endpoint"]
    assert ("registration_endpoint" in document) == (mode == "open")
    assert "S256" in document["code_challenge_methods_supported"]


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(
    relying_party: RelyingParty,
) -> None:
    assert relying_party.metadata["end_session_endpoint"].startswith("https://")
