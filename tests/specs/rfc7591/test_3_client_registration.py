"""RFC 7591 §3, OpenID Connect Dynamic Client Registration §3: an application registers itself."""

import orjson
import pytest

from provider.context import Provider
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.registering import CALLBACK, Registrar, grant, metadata
from tests.support.relying_party import refusal

OPEN = {"mode": "open", "logo_check": "off"}
AT_FAULT = {
    ("token_endpoint_auth_method", "private_key_jwt"): "jwks",
    ("grant_types", "['authorization_code', 'implicit']"): "response_types",
}
"""The field that is named where it is not the one that was changed."""
pytestmark = pytest.mark.settings(profile="openid", registration=OPEN)


@pytest.mark.both_databases
@pytest.mark.spec("RFC7591-3.2.1", "OIDCR-3.2")
def test_the_answer_has_everything_registered_and_the_credentials(
    registrar: Registrar, clock: SettableClock
) -> None:
    body = registrar.register(scope="openid email")
    assert body["client_id"]
    assert body["client_secret"].startswith("signet_secret_")
    assert (body["client_secret_expires_at"], body["client_id_issued_at"]) == (0, clock.now())
    assert body["registration_client_uri"].endswith("/register/" + body["client_id"])
    assert body["registration_access_token"]
    assert body["redirect_uris"] == [CALLBACK]
    assert body["client_name"] == "Notes"
    assert body["scope"] == "openid email"


@pytest.mark.spec("RFC7591-2", "OIDCR-2")
def test_what_is_left_out_has_the_default_of_the_specification(registrar: Registrar) -> None:
    body = registrar.register()
    expected = {
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "token_endpoint_auth_method": "client_secret_basic",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "require_auth_time": False,
    }
    assert {name: body[name] for name in expected} == expected


@pytest.mark.spec("RFC7591-2")
def test_a_client_without_credentials_gets_no_secret(registrar: Registrar) -> None:
    body = registrar.register(
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=["http://127.0.0.1/cb"],
    )
    assert not {"client_secret", "client_secret_expires_at"} & set(body)


@pytest.mark.spec("RFC7591-2")
def test_what_is_not_known_is_ignored_and_not_echoed(registrar: Registrar) -> None:
    body = registrar.register(
        surprise=["x"],
        policy={"consent": "implied"},
        client_id="chosen",
        secrets=[],
        dynamic=False,
    )
    assert not {"surprise", "policy", "secrets"} & set(body)
    assert body["client_id"] != "chosen"


@pytest.mark.spec("OIDCR-2")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("contacts", ["a@rp.example"]),
        ("logo_uri", "https://rp.example/logo.png"),
        ("policy_uri", "https://rp.example/policy"),
        ("tos_uri", "https://rp.example/terms"),
        ("client_uri", "https://rp.example/"),
        ("initiate_login_uri", "https://rp.example/start"),
        ("request_uris", ["https://rp.example/request#hash"]),
        ("post_logout_redirect_uris", ["https://rp.example/out"]),
        ("default_max_age", 300),
        ("require_auth_time", True),
        ("software_id", "notes"),
        ("software_version", "1.2"),
        ("userinfo_signed_response_alg", "ES256"),
        ("id_token_signed_response_alg", "ES256"),
        ("jwks_uri", "https://rp.example/jwks"),
        ("grant_types", ["authorization_code", "refresh_token"]),
        ("jwks", jwt.public_set(jwt.key_for("RS256"))),
    ],
)
def test_what_can_be_registered_is_echoed(registrar: Registrar, field: str, value: object) -> None:
    registered = registrar.register(**{field: value})
    assert registered[field] == value
    read = registrar.manage("GET", registered)
    assert read.json[field] == value


@pytest.mark.spec("RFC7591-2.1", "OIDCR-2")
def test_response_types_alone_bring_their_grant_types(registrar: Registrar) -> None:
    body = registrar.register(response_types=["id_token token", "code"])
    assert body["grant_types"] == ["authorization_code", "implicit"]


@pytest.mark.spec("RFC7591-3.2.2")
@pytest.mark.parametrize(
    "uris",
    [
        [CALLBACK + "#fragment"], ["http://rp.example/cb"], ["/cb"], ["https://*.rp.example/cb"],
        ["javascript:alert(1)"], [], None, CALLBACK, [1], [None], [CALLBACK, ["x"]],
        ["https://rp.example/" + "a" * 3000], [f"https://rp.example/{n}" for n in range(51)],
    ],
)  # fmt: skip
def test_a_redirect_uri_that_can_not_be_is_refused(registrar: Registrar, uris: object) -> None:
    refusal(registrar.post(metadata(redirect_uris=uris)), "invalid_redirect_uri")


@pytest.mark.spec("OIDCR-2")
@pytest.mark.parametrize("uri", ["https://localhost/cb", "http://127.0.0.1/cb"])
def test_tokens_in_a_fragment_need_https_and_a_real_host(registrar: Registrar, uri: str) -> None:
    asked = metadata(redirect_uris=[uri], response_types=["id_token"], grant_types=["implicit"])
    refusal(registrar.post(asked), "invalid_redirect_uri")


@pytest.mark.spec("RFC7591-3.2.2", "OIDCR-3.3")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("initiate_login_uri", "http://rp.example/start"),
        ("initiate_login_uri", "http://localhost/start"),
        ("jwks_uri", "http://rp.example/jwks"),
        ("request_uris", ["http://rp.example/r"]),
        ("request_uris", "https://rp.example/r"),
        ("logo_uri", "javascript:alert(1)"),
        ("logo_uri", "https://"),
        ("policy_uri", "http://rp.example/"),
        ("tos_uri", "https://user@rp.example/"),
        ("client_uri", "https://rp.example:99999/"),
        ("client_uri", "https://[rp.example/"),
        ("client_name", ["Notes"]),
        ("client_name", " "),
        ("client_name", "a\x00b"),
        ("contacts", "a@rp.example"),
        ("application_type", "desktop"),
        ("grant_types", ["password"]),
        ("grant_types", ["authorization_code", "implicit"]),
        ("grant_types", ["refresh_token"]),
        ("response_types", ["token"]),
        ("response_types", ["nonsense"]),
        ("token_endpoint_auth_method", "tls_client_auth"),
        ("token_endpoint_auth_method", "private_key_jwt"),
        ("token_endpoint_auth_signing_alg", "none"),
        ("id_token_signed_response_alg", "nonsense"),
        ("userinfo_signed_response_alg", "XS256"),
        ("userinfo_encrypted_response_alg", "nonsense"),
        ("id_token_encrypted_response_enc", "A128CBC-HS256"),
        ("subject_type", "nonsense"),
        ("sector_identifier_uri", "http://rp.example/sector"),
        ("default_max_age", "300"),
        ("default_max_age", -1),
        ("default_max_age", True),
        ("default_max_age", 2**60),
        ("require_auth_time", "true"),
        ("default_acr_values", ["nonsense"]),
        ("jwks", {"keys": "none"}),
        ("jwks", [1]),
        ("jwks", {"keys": [{"kty": "oct", "k": "AAAA"}]}),
        ("jwks", {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}]}),
        ("post_logout_redirect_uris", ["https://rp.example/#x"]),
    ],
)
def test_metadata_that_can_not_be_is_refused(
    registrar: Registrar, field: str, value: object
) -> None:
    body = refusal(registrar.post(metadata(**{field: value})), "invalid_client_metadata")
    at_fault = AT_FAULT.get((field, str(value)), field)
    assert body["error_description"] == f"{at_fault} can not be registered as given."


@pytest.mark.spec("RFC7591-2")
def test_keys_come_by_value_or_by_reference_not_both(registrar: Registrar) -> None:
    keys = jwt.public_set(jwt.key_for("RS256"))
    asked = metadata(jwks=keys, jwks_uri="https://rp.example/jwks")
    refusal(registrar.post(asked), "invalid_client_metadata")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b"NaN"])
@pytest.mark.spec("RFC7591-3.1")
def test_a_body_that_is_no_json_object_is_refused(registrar: Registrar, body: bytes) -> None:
    refusal(registrar.post(body), "invalid_request")


@pytest.mark.spec("RFC7591-3.1")
def test_only_json_is_read_and_only_so_much(registrar: Registrar) -> None:
    form = "application/x-www-form-urlencoded"
    refusal(registrar.post(metadata(), content_type=form), "invalid_request")
    large = orjson.dumps(metadata(surprise="x" * 70_000))
    refusal(registrar.post(large), "invalid_request", 413)


@pytest.mark.settings(registration={"mode": "open", "scopes": ["openid", "email"]})
@pytest.mark.spec("RFC7591-2")
def test_scopes_are_limited_to_what_the_settings_allow(registrar: Registrar) -> None:
    assert registrar.register()["scope"] == "openid email"
    assert registrar.register(scope="openid notes:write email profile")["scope"] == "openid email"


@pytest.mark.settings(registration={"mode": "open", "resources": [API]})
@pytest.mark.spec("RFC8707-2")
def test_what_registers_may_ask_for_the_resources_of_the_settings(
    registrar: Registrar, provider: Provider
) -> None:
    body = registrar.register()
    with transaction(provider.engine, read_only=True) as tx:
        found = clients.find(tx, body["client_id"])
    assert found is not None
    assert (found.policy.resources, found.dynamic) == ((API,), True)


@pytest.mark.settings(registration={"mode": "open", "per_hour": 2})
@pytest.mark.spec("RFC7591-5")
def test_an_address_registers_only_so_often(registrar: Registrar, clock: SettableClock) -> None:
    registrar.register()
    refusal(registrar.post(metadata(redirect_uris=[])), "invalid_redirect_uri")
    limited = registrar.post(metadata())
    refusal(limited, "temporarily_unavailable", 429)
    assert limited.header("Retry-After") == "3600"
    assert registrar.post(metadata(), address="203.0.113.99").status == 201
    clock.advance(3600)
    registrar.register()


@pytest.mark.settings(registration={"mode": "open", "per_hour": 2})
@pytest.mark.spec("RFC7591-5")
def test_the_addresses_of_a_64_register_as_one(registrar: Registrar) -> None:
    answers = [registrar.post(metadata(), address=f"2001:db8::{n}").status for n in range(1, 4)]
    assert answers == [201, 201, 429]
    assert registrar.post(metadata(), address="2001:db8:0:1::1").status == 201


@pytest.mark.settings(registration={"mode": "open", "max_clients": 1})
@pytest.mark.spec("RFC7591-5")
def test_only_so_many_clients_register_themselves(registrar: Registrar) -> None:
    first = registrar.register()
    refusal(registrar.post(metadata()), "access_denied")
    assert registrar.manage("DELETE", first).status == 204
    registrar.register()


@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.spec("RFC7591-3", "RFC6750-3")
def test_without_an_initial_access_token_there_is_a_challenge(registrar: Registrar) -> None:
    answer = registrar.post(metadata())
    assert answer.status == 401
    challenge = answer.header("WWW-Authenticate") or ""
    assert challenge.startswith("Bearer ")
    assert "error" not in challenge
    wrong = registrar.post(metadata(), "wrong")
    refusal(wrong, "invalid_token")
    assert 'error="invalid_token"' in (wrong.header("WWW-Authenticate") or "")


@pytest.mark.both_databases
@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.spec("RFC7591-3")
def test_an_initial_access_token_works_as_often_as_it_says(
    registrar: Registrar, provider: Provider
) -> None:
    token = grant(provider, uses=2)
    assert registrar.post(metadata(), token).status == 201
    refusal(registrar.post(metadata(redirect_uris=[]), token), "invalid_redirect_uri")
    assert registrar.post(metadata(), token).status == 201
    refusal(registrar.post(metadata(), token), "invalid_token")
    free = grant(provider, uses=None)
    assert {registrar.post(metadata(), free).status for _ in range(4)} == {201}


@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.spec("RFC7591-3")
def test_an_initial_access_token_ends(
    registrar: Registrar, provider: Provider, clock: SettableClock
) -> None:
    token = grant(provider, life=60)
    clock.advance(60)
    refusal(registrar.post(metadata(), token), "invalid_token")


@pytest.mark.spec("RFC7591-3")
def test_any_page_may_register_from_a_browser(registrar: Registrar) -> None:
    asked = wire.send(
        registrar.app, "OPTIONS", f"{registrar.issuer}/register",
        headers={"Origin": "https://page.example"},
    )  # fmt: skip
    assert asked.status == 204
    assert asked.header("Access-Control-Allow-Origin") == "*"
    assert registrar.post(metadata()).header("Access-Control-Allow-Origin") == "*"
