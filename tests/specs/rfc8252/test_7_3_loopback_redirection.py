"""RFC 8252 §7.3, §8: applications on a person's own device."""

import pytest

from tests.support.arrival import MakeParty, at_consent
from tests.support.browser import Browser
from tests.support.factories import native
from tests.support.relying_party import RelyingParty

IPV6 = "http://[::1]/cb"


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(**native(redirect_uris=("http://127.0.0.1/cb", IPV6)))


@pytest.mark.spec("RFC8252-7.3")
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("port", [1024, 49152, 65535])
def test_both_families_of_loopback_addresses_work_on_any_port(
    party: RelyingParty, signed_in: Browser, host: str, port: int
) -> None:
    redirect_uri = f"http://{host}:{port}/cb"
    grant = party.authorize(signed_in, redirect_uri=redirect_uri)
    assert signed_in.left is not None
    assert signed_in.left.url.startswith(redirect_uri + "?")
    assert party.redeem(grant).access_token


@pytest.mark.spec("RFC8252-7.3")
@pytest.mark.parametrize(
    "presented",
    ["http://[::1]:99999/cb", "http://[::1]:0/cb", "http://[::2]:80/cb", "http://[0:0:0:0:0:0:0:1]:80/cb",
     "http://[::1]:80/other", "http://[::1%25lo]:80/cb", "http://[::ffff:127.0.0.1]:80/cb",
     "http://[::1]evil.example/cb", "http://[::1]:80@evil.example/cb", "http://[::1/cb"],
)  # fmt: skip
def test_only_the_port_of_an_ipv6_loopback_address_may_differ(
    party: RelyingParty, signed_in: Browser, presented: str
) -> None:
    assert party.stopped(signed_in, redirect_uri=presented) == "invalid_request"


@pytest.mark.spec("RFC8252-8.1")
def test_a_native_client_must_use_pkce(party: RelyingParty, signed_in: Browser) -> None:
    refused = party.refused(
        signed_in, redirect_uri="http://127.0.0.1:5000/cb",
        code_challenge=None, code_challenge_method=None,
    )  # fmt: skip
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC8252-8.6")
def test_the_page_names_where_the_answer_goes(party: RelyingParty, signed_in: Browser) -> None:
    at_consent(signed_in, party, redirect_uri="http://127.0.0.1:5123/cb")
    assert "You will be sent to 127.0.0.1:5123" in signed_in.page.text
