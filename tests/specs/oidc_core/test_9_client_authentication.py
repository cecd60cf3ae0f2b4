"""OpenID Connect Core §9: the methods of client authentication that discovery names are those that
work, and a client uses the one it registered."""

from collections.abc import Callable

import pytest

from tests.support.factories import public
from tests.support.relying_party import RelyingParty, refusal

pytestmark = pytest.mark.spec("OIDCC-9")

MakeParty = Callable[..., RelyingParty]
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


def test_discovery_names_exactly_these(relying_party: RelyingParty) -> None:
    named = relying_party.metadata["token_endpoint_auth_methods_supported"]
    assert sorted(named) == sorted(METHODS)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "none"])
def test_a_client_authenticates_by_what_it_registered(
    make_relying_party: MakeParty, method: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=method)
    assert party.client_credentials().access_token


@pytest.mark.parametrize(
    ("registered", "used"),
    [
        ("client_secret_basic", "client_secret_post"),
        ("client_secret_post", "client_secret_basic"),
        ("client_secret_basic", "none"),
        ("client_secret_post", "none"),
        ("private_key_jwt", "none"),
    ],
)
@pytest.mark.parametrize("endpoint", ["token", "revocation", "introspection"])
def test_a_client_does_not_authenticate_by_another_method(
    make_relying_party: MakeParty, registered: str, used: str, endpoint: str
) -> None:
    party = make_relying_party(token_endpoint_auth_method=registered)
    party.auth = used
    fields = {"grant_type": "client_credentials", "token": "any"}
    refusal(party.post(endpoint, fields), "invalid_client")


@pytest.mark.parametrize("endpoint", ["token", "revocation"])
@pytest.mark.parametrize("used", ["client_secret_basic", "client_secret_post"])
def test_a_public_client_has_no_secret_to_send(
    make_relying_party: MakeParty, endpoint: str, used: str
) -> None:
    party = make_relying_party(**public())
    party.auth, party.secret = used, "invented"
    fields = {"grant_type": "authorization_code", "code": "any", "token": "any"}
    refusal(party.post(endpoint, fields), "invalid_client")


@pytest.mark.parametrize("method", ["client_secret_jwt", "tls_client_auth"])
def test_methods_that_are_not_offered_prove_nothing(
    relying_party: RelyingParty, method: str
) -> None:
    headers = {"X-Client-Cert": "MIIB", "X-SSL-Client-Verify": "SUCCESS"}
    fields = {
        "grant_type": "client_credentials",
        "client_id": relying_party.client_id,
        "token_endpoint_auth_method": method,
    }
    refusal(relying_party.post_raw("token", fields, headers=headers), "invalid_client")
