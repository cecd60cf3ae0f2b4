"""RFC 7591 §2, OpenID Connect Dynamic Client Registration §2: algorithms, keys and the way a
client authenticates fit each other, or it is not registered."""

from typing import Any

import pytest

from tests.support import jwe, jwt
from tests.support.registering import CALLBACK, Registrar, metadata
from tests.support.relying_party import refusal

SIGNS, ENCRYPTS = jwt.key_for("ES256"), jwe.key_for("RSA-OAEP-256")
SIGNING, ENCRYPTING = jwt.public_set(SIGNS), jwt.public_set(ENCRYPTS)
BOTH = jwt.public_set(SIGNS, ENCRYPTS)
BY_SECRET = (
    "id_token_signed_response_alg", "userinfo_signed_response_alg",
    "introspection_signed_response_alg", "request_object_signing_alg",
)  # fmt: skip
ENCRYPTED = ("id_token_encrypted_response", "userinfo_encrypted_response",
             "introspection_encrypted_response")  # fmt: skip
CERTIFICATION = pytest.mark.settings(
    profile="certification", test_issuer=True, registration={"mode": "open"}
)
pytestmark = [
    pytest.mark.spec("OIDCR-2", "RFC7591-2"),
    pytest.mark.settings(profile="openid", registration={"mode": "open"}),
]


def refused(registrar: Registrar, field: str, **changes: Any) -> None:
    body = refusal(registrar.post(metadata(**changes)), "invalid_client_metadata")
    assert body["error_description"] == f"{field} can not be registered as given."


@CERTIFICATION
def test_unsigned_id_tokens_come_from_the_token_endpoint_only(registrar: Registrar) -> None:
    field = "id_token_signed_response_alg"
    assert registrar.register(**{field: "none"})[field] == "none"
    hybrid = ["code token"]
    assert registrar.register(**{field: "none"}, response_types=hybrid)[field] == "none"
    for asked in ("id_token", "code id_token", "id_token token", "code id_token token"):
        refused(registrar, field, **{field: "none"}, response_types=["code", asked])


def test_unsigned_id_tokens_are_not_registered_where_they_are_not_offered(
    registrar: Registrar,
) -> None:
    field = "id_token_signed_response_alg"
    refused(registrar, field, **{field: "none"})


@pytest.mark.parametrize("field", BY_SECRET)
def test_a_public_client_shares_no_secret(registrar: Registrar, field: str) -> None:
    refused(registrar, field, **{field: "HS256"}, token_endpoint_auth_method="none")
    assert registrar.register(**{field: "HS256"})["client_secret"]
    proves_by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": SIGNING}
    assert registrar.register(**{field: "HS256"}, **proves_by_key)["client_secret"]


@pytest.mark.parametrize(
    ("method", "alg"),
    [
        ("client_secret_jwt", "ES256"), ("client_secret_jwt", "none"),
        ("client_secret_jwt", "HS512"), ("private_key_jwt", "HS256"),
        ("private_key_jwt", "none"), ("client_secret_basic", "HS256"),
        ("client_secret_basic", "RS256"), ("client_secret_post", "HS256"), ("none", "ES256"),
    ],
)  # fmt: skip
def test_an_algorithm_for_assertions_fits_the_way_of_authentication(
    registrar: Registrar, method: str, alg: str
) -> None:
    field = "token_endpoint_auth_signing_alg"
    refused(registrar, field, **{field: alg}, token_endpoint_auth_method=method, jwks=BOTH)


@pytest.mark.parametrize(
    ("method", "alg"), [("client_secret_jwt", "HS256"), ("private_key_jwt", "ES256")]
)
def test_an_algorithm_for_assertions_that_fits_is_registered(
    registrar: Registrar, method: str, alg: str
) -> None:
    field = "token_endpoint_auth_signing_alg"
    sent = {field: alg, "token_endpoint_auth_method": method, "jwks": SIGNING}
    assert registrar.register(**sent)[field] == alg


@pytest.mark.parametrize("kind", ENCRYPTED)
def test_who_wants_encrypted_answers_has_a_key_to_encrypt_to(
    registrar: Registrar, kind: str
) -> None:
    alg = f"{kind}_alg"
    refused(registrar, alg, **{alg: "RSA-OAEP-256"})
    refused(registrar, alg, **{alg: "RSA-OAEP-256"}, jwks=SIGNING)
    refused(registrar, alg, **{alg: "ECDH-ES"}, jwks=BOTH)
    registered = registrar.register(**{alg: "RSA-OAEP-256"}, jwks=ENCRYPTING)
    assert (registered[alg], registered[f"{kind}_enc"]) == ("RSA-OAEP-256", "A128CBC-HS256")
    by_reference = registrar.register(**{alg: "ECDH-ES"}, jwks_uri="https://rp.example/jwks")
    assert by_reference[alg] == "ECDH-ES"


@pytest.mark.parametrize("kind", [*ENCRYPTED, "request_object_encryption"])
def test_encryption_is_named_whole_and_as_offered(registrar: Registrar, kind: str) -> None:
    alg, enc = f"{kind}_alg", f"{kind}_enc"
    refused(registrar, enc, **{enc: "A128GCM"}, jwks=BOTH)
    refused(registrar, enc, **{alg: "RSA-OAEP-256", enc: "A192GCM"}, jwks=BOTH)
    for unsafe in ("RSA1_5", "dir", "A128KW"):
        refused(registrar, alg, **{alg: unsafe}, jwks=BOTH)


def test_requests_are_encrypted_to_our_key_not_to_one_of_the_client(registrar: Registrar) -> None:
    sent = {"request_object_encryption_alg": "RSA-OAEP-256"}
    assert registrar.register(**sent)["request_object_encryption_enc"] == "A128CBC-HS256"


@pytest.mark.parametrize(
    "changes",
    [{"token_endpoint_auth_method": "private_key_jwt"}, {"request_object_signing_alg": "ES256"}],
)
def test_who_signs_has_a_key_to_verify_with(registrar: Registrar, changes: dict[str, str]) -> None:
    refused(registrar, "jwks", **changes, jwks=ENCRYPTING)
    assert registrar.register(**changes, jwks=BOTH)["jwks"] == BOTH


def test_who_signs_nothing_may_have_a_key_for_encryption_only(registrar: Registrar) -> None:
    assert registrar.register(jwks=ENCRYPTING)["jwks"] == ENCRYPTING


_RSA = {"kty": "RSA", "n": "AQAB", "e": "AQAB"}
_EC = {"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}


@pytest.mark.parametrize(
    "keys",
    [[], [_RSA], [_EC], [{"kty": "oct", "k": "AAAA"}], [{**_RSA, "d": "AQAB"}],
     [{"kty": "EC", "crv": "secp256k1"}], ["x"], [{**SIGNING["keys"][0], "alg": "RS256"}],
     SIGNING["keys"] * 21],
)  # fmt: skip
@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt", "none"])
def test_a_key_set_is_checked_whatever_it_is_for(
    registrar: Registrar, keys: list[Any], method: str
) -> None:
    refused(registrar, "jwks", jwks={"keys": keys}, token_endpoint_auth_method=method)


def test_a_change_obeys_the_same_rules(registrar: Registrar) -> None:
    registered = registrar.register(redirect_uris=[CALLBACK])
    for bad in (
        {"token_endpoint_auth_method": "none", "id_token_signed_response_alg": "HS256"},
        {"id_token_encrypted_response_alg": "RSA-OAEP-256", "jwks": SIGNING},
        {"jwks": SIGNING, "jwks_uri": "https://rp.example/jwks"},
    ):
        sent = metadata(client_id=registered["client_id"], **bad)
        refusal(registrar.manage("PUT", registered, sent), "invalid_client_metadata")
