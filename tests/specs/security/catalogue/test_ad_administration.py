"""AD: there is no administration over the network; operators use the command line."""

import json

import pytest

from tests.specs.security.catalogue.absence import assert_unknown
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "admin", "admin/", "admin/users", "admin/clients", "admin/keys", "api/admin", "api",
    "api/v1/users", "users", "clients", "manage", "console", "scim/v2/Users", "metrics",
    "debug", "_debug", "admin/login", "actuator", "actuator/env", "graphql", "console/",
)  # fmt: skip


@pytest.mark.parametrize("case", ["AD-01", "AD-02"])
@pytest.mark.parametrize("who", ["nobody", "person", "bearer", "client"])
def test_ad_01_and_02_there_is_no_administration_over_the_network(
    relying_party: RelyingParty, signed_in: Browser, case: str, who: str
) -> None:
    """Operators use the command line of the machine, which needs the database and its key."""
    headers: dict[str, str] = {}
    if who == "person":
        headers["Cookie"] = signed_in.jar.header(
            relying_party.issuer, method="GET", same_site=True
        )
    elif who == "bearer":
        token = relying_party.sign_in(signed_in).access_token
        headers["Authorization"] = f"Bearer {token}"
    elif who == "client":
        headers |= relying_party.credentials()[1]
    assert_unknown(relying_party, ADDRESSES, headers)
    assert "admin" not in json.dumps(relying_party.metadata), case
