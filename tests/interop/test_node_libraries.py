"""openid-client and oauth4webapi, certified relying parties for Node, against a running provider:
each scenario is written as the library's own documentation has it, in the file of its name."""

from typing import Any

import pytest

from tests.interop.conftest import Scenario
from tests.interop.served import Served
from tests.support import jwe, jwt
from tests.support.factories import PASSWORD, RESPONSE_TYPES, front_channel, public

pytestmark = pytest.mark.needs("npm")

LIBRARIES = ("openid_client", "oauth4webapi")
REDIRECT_URI = "https://rp.example/cb"
SIGNED_OUT = "https://rp.example/signed-out"


def given(served: Served, **changes: Any) -> dict[str, Any]:
    """Register a client and a person, and return what a library must know of both."""
    metadata = {
        name: value for name, value in changes.items() if name.endswith(("_alg", "_auth_method"))
    }
    registered = served.register(**{"post_logout_redirect_uris": (SIGNED_OUT,), **changes})
    return {
        "issuer": served.issuer,
        "client_id": registered.client.client_id,
        "secret": registered.secret,
        "metadata": metadata,
        "redirect_uri": REDIRECT_URI,
        "post_logout_redirect_uri": SIGNED_OUT,
        "username": served.person(),
        "password": PASSWORD,
    }


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("profile", ["openid", "oauth21"])
def test_a_client_with_a_secret_signs_somebody_in_and_refreshes(
    node: Scenario, library: str, profile: str, request: pytest.FixtureRequest
) -> None:
    served: Served = request.getfixturevalue(profile)
    node(library, "code_flow_with_basic", **given(served))


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_secret_in_the_body(node: Scenario, oauth21: Served, library: str) -> None:
    told = given(oauth21, token_endpoint_auth_method="client_secret_post")
    node(library, "code_flow_with_post", **told)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_public_client(node: Scenario, oauth21: Served, library: str) -> None:
    node(library, "code_flow_of_a_public_client", **given(oauth21, **public()))


@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_client_with_a_key(node: Scenario, oauth21: Served, alg: str) -> None:
    key = jwt.key_for(alg)
    told = given(oauth21, token_endpoint_auth_method="private_key_jwt", jwks=jwt.public_set(key))
    node("openid_client", "code_flow_with_private_key", key=key.as_dict(private=True), **told)


def test_a_client_that_signs_with_its_secret(node: Scenario, openid: Served) -> None:
    told = given(openid, token_endpoint_auth_method="client_secret_jwt")
    node("openid_client", "code_flow_with_secret_jwt", **told)


@pytest.mark.parametrize("profile", ["openid", "oauth21"])
@pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
def test_a_signed_request_object(
    node: Scenario, profile: str, alg: str, request: pytest.FixtureRequest
) -> None:
    key = jwt.key_for(alg)
    told = given(request.getfixturevalue(profile), jwks=jwt.public_set(key))
    node("openid_client", "signed_request_object", key=key.as_dict(private=True), **told)


@pytest.mark.parametrize("alg", ["RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW"])
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM", "A128CBC-HS256"])
def test_answers_encrypted_to_the_client(
    node: Scenario, oauth21: Served, alg: str, enc: str
) -> None:
    key = jwe.key_for(alg)
    told = given(
        oauth21,
        jwks={"keys": [key.as_dict(private=False)]},
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
        userinfo_signed_response_alg="RS256",
        userinfo_encrypted_response_alg=alg,
        userinfo_encrypted_response_enc=enc,
    )
    node("openid_client", "encrypted_answers", key=key.as_dict(private=True), **told)


def test_a_client_that_registers_itself(node: Scenario, openid: Served) -> None:
    node("openid_client", "registers_itself", **given(openid))


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "EdDSA"])
def test_signed_userinfo_and_id_tokens_of_every_algorithm(
    node: Scenario, oauth21: Served, alg: str
) -> None:
    told = given(oauth21, userinfo_signed_response_alg=alg, id_token_signed_response_alg=alg)
    node("openid_client", "signed_userinfo", **told)


def test_the_answer_by_form_post(node: Scenario, oauth21: Served) -> None:
    node("openid_client", "form_post", **given(oauth21))


@pytest.mark.parametrize("flow", ["hybrid", "implicit"])
def test_tokens_from_the_authorization_endpoint(node: Scenario, openid: Served, flow: str) -> None:
    node("openid_client", flow, **given(openid, **front_channel(*RESPONSE_TYPES)))


@pytest.mark.parametrize(
    ("library", "scenario"),
    [
        ("openid_client", "client_credentials"),
        ("openid_client", "revocation_ends_refreshing"),
        ("openid_client", "silent_error_reaches_the_client"),
        ("openid_client", "sign_out"),
        ("oauth4webapi", "discovery_of_rfc_8414"),
        ("oauth4webapi", "revocation"),
        ("oauth4webapi", "access_token_of_rfc_9068"),
    ],
)
def test_what_else_a_client_does(
    node: Scenario, oauth21: Served, library: str, scenario: str
) -> None:
    node(library, scenario, **given(oauth21))
