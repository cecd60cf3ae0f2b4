"""PA: requests are not pushed (RFC 9126); those in request objects are proven under RFC 9101."""

import pytest

from tests.specs.security.catalogue.absence import assert_unknown, assert_unnamed
from tests.specs.security.catalogue.conftest import Nothing
from tests.support import wire
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "par", "as/par", "pushed_authorization_request", "request", "authorize/push",
)  # fmt: skip


@pytest.mark.parametrize("case", ["PA-01", "PA-02", "PA-03", "PA-05"])
@pytest.mark.parametrize(
    "uri",
    ["urn:ietf:params:oauth:request_uri:abc", "urn:example:bwc4JK-ESC0w8acc191e-Y1LTC2", "urn:x"],
)
def test_pa_01_to_05_nothing_can_be_pushed(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing, case: str, uri: str
) -> None:
    assert_unknown(relying_party, ADDRESSES)
    assert_unnamed(relying_party, "pushed_authorization_request")
    with nothing_left():
        assert relying_party.refused(signed_in, request_uri=uri).error == "invalid_request_uri"
        signed_in.come(
            f"{relying_party.endpoint('authorization')}?"
            + wire.encode({"client_id": relying_party.client_id, "request_uri": uri})
        )
        assert signed_in.problem() == "invalid_request_uri", case
