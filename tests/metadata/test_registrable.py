"""What discovery lists can be registered, and what it does not list can not: each value of each
list is tried at a provider where applications register themselves."""

from typing import Any

import pytest

from provider.context import Provider
from provider.model import response_type as response_types
from tests.support import jwe, jwt, wire
from tests.support.registering import CALLBACK, Registrar, metadata
from tests.support.relying_party import refusal

SIGNATURES = (
    "RS256", "ES256", "PS256", "ES384", "EdDSA", "Ed25519", "HS256", "HS384", "HS512", "RS512",
    "ES512", "none",
)  # fmt: skip
MANAGEMENTS = (
    "RSA-OAEP-256", "RSA-OAEP", "RSA1_5", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW", "dir",
    "A128KW",
)  # fmt: skip
CONTENTS = ("A128CBC-HS256", "A128GCM", "A256GCM", "A192GCM", "A256CBC-HS512")
KEYS = jwt.public_set(
    jwt.key_for("ES256"),
    *(
        jwe.key_for(alg, alg)
        for alg in ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
    ),
)
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "token_endpoint_auth_method": (
        "token_endpoint_auth_methods_supported",
        ("client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
         "none", "tls_client_auth", "self_signed_tls_client_auth", "attest_jwt_client_auth"),
    ),
    "subject_type": ("subject_types_supported", ("public", "pairwise", "private")),
    **{
        f"{kind}_signed_response_alg": (f"{kind}_signing_alg_values_supported", SIGNATURES)
        for kind in ("id_token", "userinfo", "introspection")
    },
    "request_object_signing_alg": ("request_object_signing_alg_values_supported", SIGNATURES),
    **{
        f"{kind}_encrypted_response_alg": (f"{kind}_encryption_alg_values_supported", MANAGEMENTS)
        for kind in ("id_token", "userinfo", "introspection")
    },
    "request_object_encryption_alg": (
        "request_object_encryption_alg_values_supported", MANAGEMENTS,
    ),
}  # fmt: skip
RESPONSE_TYPES = (
    "code", "none", "id_token", "id_token token", "code id_token", "code token",
    "code id_token token", "token", "nonsense",
)  # fmt: skip
GRANT_TYPES = (
    "authorization_code", "refresh_token", "client_credentials", "implicit", "password",
    "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba",
)  # fmt: skip


@pytest.fixture(
    autouse=True,
    params=[
        pytest.param(
            name,
            marks=pytest.mark.settings(
                profile=name, test_issuer=True, registration={"mode": "open", "per_hour": 1000}
            ),
        )
        for name in ("oauth21", "openid", "certification")
    ],
)
def profile(request: pytest.FixtureRequest) -> str:
    """Everything is tried in every profile."""
    return str(request.param)


def is_registered(registrar: Registrar, field: str, value: Any, **beside: Any) -> bool:
    """Return whether a value is registered as asked; a refusal is the registered one."""
    answer = registrar.post(metadata(**{field: value}, jwks=KEYS, **beside))
    if answer.status == 201:
        assert answer.json[field] == value
        return True
    refusal(answer, "invalid_client_metadata")
    return False


@pytest.mark.spec("OIDCD-3", "OIDCR-3", "RFC8414-2")
def test_the_endpoint_is_listed_and_works(registrar: Registrar, provider: Provider) -> None:
    address = provider.metadata["registration_endpoint"]
    assert registrar.send("POST", address, metadata(), None).status == 201
    assert {wire.send(registrar.app, one, address).status for one in ("GET", "PUT")} == {405}


@pytest.mark.spec("OIDCD-3", "OIDCR-2")
@pytest.mark.parametrize("field", LISTS)
def test_what_is_listed_can_be_registered_and_nothing_else(
    registrar: Registrar, provider: Provider, field: str
) -> None:
    listed, candidates = LISTS[field]
    supported = set(provider.metadata.get(listed, []))
    assert supported <= set(candidates), "a value nobody tries"
    assert {one for one in candidates if is_registered(registrar, field, one)} == supported


@pytest.mark.spec("OIDCD-3", "OIDCR-2")
@pytest.mark.parametrize("kind", ["id_token_encrypted_response", "request_object_encryption"])
def test_content_encryption_that_is_listed_can_be_registered_and_nothing_else(
    registrar: Registrar, provider: Provider, kind: str
) -> None:
    listed = kind.removesuffix("_encrypted_response").removesuffix("_encryption")
    supported = set(provider.metadata[f"{listed}_encryption_enc_values_supported"])
    beside = {f"{kind}_alg": "RSA-OAEP-256"}
    found = {one for one in CONTENTS if is_registered(registrar, f"{kind}_enc", one, **beside)}
    assert found == supported


@pytest.mark.spec("OIDCD-3", "OIDCR-2")
def test_response_types_that_are_listed_can_be_registered_and_no_other(
    registrar: Registrar, provider: Provider
) -> None:
    supported = set(provider.metadata["response_types_supported"])
    asked = [response_types.canonical(one) for one in RESPONSE_TYPES]
    assert supported <= set(asked), "a value nobody tries"
    assert {one for one in asked if is_registered(registrar, "response_types", [one])} == supported


@pytest.mark.spec("OIDCD-3", "OIDCR-2")
def test_grant_types_that_are_listed_can_be_registered_and_no_other(
    registrar: Registrar, provider: Provider
) -> None:
    supported = set(provider.metadata["grant_types_supported"])
    beside = {"authorization_code": ["code"], "implicit": ["id_token"]}
    found = {
        one
        for one in GRANT_TYPES
        if is_registered(
            registrar,
            "grant_types",
            ["authorization_code", "refresh_token"] if one == "refresh_token" else [one],
            response_types=beside.get(one, ["code"] if one == "refresh_token" else []),
            redirect_uris=[CALLBACK] if one in beside or one == "refresh_token" else [],
        )
    }
    assert found == supported
