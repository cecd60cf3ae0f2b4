"""DC: there is no flow for devices (RFC 8628)."""

import pytest

from tests.specs.security.catalogue.absence import (
    assert_grants_nothing,
    assert_unknown,
    assert_unnamed,
)
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "device", "device_authorization", "device/code", "activate", "device/verify",
)  # fmt: skip


@pytest.mark.parametrize(
    ("case", "fields"),
    [
        ("DC-01", {"device_code": "x"}), ("DC-02", {"device_code": "x", "client_id": "other"}),
        ("DC-03", {}), ("DC-04", {"user_code": "BCDF-GHJK"}), ("DC-05", {"user_code": "x"}),
        ("DC-06", {"device_code": "x", "scope": "notes:write"}),
    ],
)  # fmt: skip
def test_dc_01_to_06_there_is_no_device_flow(
    relying_party: RelyingParty, signed_in: Browser, case: str, fields: dict[str, str]
) -> None:
    assert_unknown(relying_party, ADDRESSES)
    assert_unnamed(relying_party, "device")
    grant_type = "urn:ietf:params:oauth:grant-type:device_code"
    if "client_id" not in fields:
        assert_grants_nothing(relying_party, grant_type, **fields)
    for path in ("/", "/account", "/account/login"):
        signed_in.visit(f"{relying_party.issuer}{path}?user_code=BCDF-GHJK")
        assert "BCDF" not in signed_in.page.html, case
