"""OpenID Connect Discovery §3, §4 and RFC 8414 §3: the document at both well-known addresses,
true, cacheable, and served from memory."""

import re

import pytest

from provider.context import Provider
from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.watching import statements

NAMES = ("openid-configuration", "oauth-authorization-server")
PUBLISHED = [*(f"/.well-known/{name}" for name in NAMES), "/jwks"]
REQUIRED = {
    "issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri",
    "scopes_supported", "response_types_supported", "response_modes_supported",
    "grant_types_supported", "subject_types_supported", "acr_values_supported",
    "id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported", "claims_supported",
    "code_challenge_methods_supported", "introspection_endpoint", "revocation_endpoint",
    "end_session_endpoint", "authorization_response_iss_parameter_supported",
}  # fmt: skip
REGISTERED = REQUIRED | {
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported", "ui_locales_supported",
    "prompt_values_supported", "request_parameter_supported",
    "request_uri_parameter_supported", "claim_types_supported", "claims_parameter_supported",
    "display_values_supported", "require_request_uri_registration",
    "request_object_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "frontchannel_logout_supported", "frontchannel_logout_session_supported",
    "backchannel_logout_supported", "backchannel_logout_session_supported",
    "status_list_aggregation_endpoint",
    "userinfo_signing_alg_values_supported", "introspection_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported", "id_token_encryption_enc_values_supported",
    "userinfo_encryption_alg_values_supported", "userinfo_encryption_enc_values_supported",
    "introspection_encryption_alg_values_supported",
    "introspection_encryption_enc_values_supported",
}  # fmt: skip


BOOLEAN = (
    "_parameter_supported", "_registration", "_logout_supported", "_logout_session_supported",
)  # fmt: skip


@pytest.mark.spec("OIDCD-4.1", "RFC8414-3")
@pytest.mark.parametrize("name", NAMES)
def test_the_document_stands_at_both_addresses(relying_party: RelyingParty, name: str) -> None:
    answer = wire.get(relying_party.app, f"https://op.example/.well-known/{name}")
    assert answer.status == 200
    assert answer.header("Content-Type") == "application/json"
    assert answer.json == relying_party.metadata
    assert answer.json["issuer"] == "https://op.example"


@pytest.mark.spec("OIDCD-4.1", "RFC8414-3.1")
@pytest.mark.settings(issuer="https://op.example/tenant/one")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["/tenant/one/.well-known/{}", "/.well-known/{}/tenant/one"])
def test_an_issuer_with_a_path_is_found_by_both_rules(
    relying_party: RelyingParty, name: str, place: str
) -> None:
    answer = wire.get(relying_party.app, "https://op.example" + place.format(name))
    assert answer.status == 200
    assert answer.json["issuer"] == "https://op.example/tenant/one"
    for member, value in answer.json.items():
        if member.endswith(("_endpoint", "_uri")):
            assert value.startswith("https://op.example/tenant/one/")


@pytest.mark.spec("RFC8414-3.1")
@pytest.mark.settings(issuer="https://op.example/tenant/one")
@pytest.mark.parametrize("path", ["", "/tenant", "/tenant/two", "/tenant/one/", "/TENANT/ONE"])
@pytest.mark.parametrize("name", NAMES)
def test_no_other_issuer_is_found(relying_party: RelyingParty, name: str, path: str) -> None:
    answer = wire.get(relying_party.app, f"https://op.example/.well-known/{name}{path}")
    assert answer.status == 404


@pytest.mark.spec("OIDCD-3", "RFC8414-2")
def test_the_document_has_what_strict_clients_insist_on_and_nothing_unregistered(
    relying_party: RelyingParty,
) -> None:
    assert REQUIRED <= set(relying_party.metadata) <= REGISTERED


@pytest.mark.spec("OIDCD-3", "RFC8414-2")
def test_every_member_has_its_type(relying_party: RelyingParty) -> None:
    for name, value in relying_party.metadata.items():
        if name.endswith(("_endpoint", "_uri")) or name == "issuer":
            assert value.startswith("https://op.example")
            assert "#" not in value
        elif name.endswith(BOOLEAN):
            assert type(value) is bool
        else:
            assert isinstance(value, list)
            assert value
            assert len(set(value)) == len(value)
            assert all(isinstance(one, str) for one in value)


@pytest.mark.spec("OIDCD-3")
def test_what_must_be_listed_is_listed(relying_party: RelyingParty) -> None:
    metadata = relying_party.metadata
    assert "openid" in metadata["scopes_supported"]
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["subject_types_supported"] == ["public", "pairwise"]
    assert metadata["id_token_signing_alg_values_supported"][0] == "RS256"
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["request_uri_parameter_supported"] is True
    assert metadata["require_request_uri_registration"] is True
    for name, value in metadata.items():
        if name.endswith("_alg_values_supported"):
            assert "none" not in value
            assert not any(alg.startswith("HS") for alg in value)


@pytest.mark.spec("OIDCD-3", "OIDCC-5.1")
def test_all_standard_claims_are_listed(relying_party: RelyingParty) -> None:
    standard = {
        "sub", "name", "given_name", "family_name", "middle_name", "nickname",
        "preferred_username", "profile", "picture", "website", "email", "email_verified",
        "gender", "birthdate", "zoneinfo", "locale", "phone_number", "phone_number_verified",
        "address", "updated_at",
    }  # fmt: skip
    assert standard <= set(relying_party.metadata["claims_supported"])


@pytest.mark.spec("OIDCD-3")
@pytest.mark.settings(scopes={"files:read": "Read your files"})
def test_the_scopes_of_the_apis_are_those_of_the_settings(relying_party: RelyingParty) -> None:
    assert "files:read" in relying_party.metadata["scopes_supported"]
    assert "notes:read" not in relying_party.metadata["scopes_supported"]


@pytest.mark.spec("OIDCD-4.2", "RFC7517-5")
@pytest.mark.parametrize("path", PUBLISHED)
def test_it_may_be_kept_for_minutes_and_asked_for_again_cheaply(
    relying_party: RelyingParty, path: str
) -> None:
    url = relying_party.issuer + path
    answer = wire.get(relying_party.app, url)
    etag = answer.header("ETag") or ""
    assert re.fullmatch(r'"[^"]{8,}"', etag)
    assert answer.header("Cache-Control") == "public, max-age=300"
    assert answer.headers("Set-Cookie") == []
    for presented in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = wire.get(relying_party.app, url, headers={"If-None-Match": presented})
        assert again.status == 304
        assert again.header("ETag") == etag
        assert again.header("Cache-Control") == "public, max-age=300"
        assert again.header("Content-Length") is None


@pytest.mark.spec("OIDCD-4.2")
@pytest.mark.parametrize("presented", ['"other"', "", '"', "other", '"x", "y"'])
@pytest.mark.parametrize("path", PUBLISHED)
def test_another_etag_is_answered_in_full(
    relying_party: RelyingParty, path: str, presented: str
) -> None:
    answer = wire.get(
        relying_party.app, relying_party.issuer + path, headers={"If-None-Match": presented}
    )
    assert answer.status == 200
    assert answer.json


@pytest.mark.spec("OIDCD-4.1")
@pytest.mark.parametrize("path", PUBLISHED)
def test_it_is_served_without_asking_the_database(
    relying_party: RelyingParty, provider: Provider, path: str
) -> None:
    wire.get(relying_party.app, relying_party.issuer + path)
    with statements(provider) as run:
        for _ in range(5):
            assert wire.get(relying_party.app, relying_party.issuer + path).status == 200
    assert run == []


@pytest.mark.spec("OIDCD-4.1")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", PUBLISHED)
def test_it_can_only_be_read(relying_party: RelyingParty, path: str, method: str) -> None:
    answer = wire.send(relying_party.app, method, relying_party.issuer + path)
    assert answer.status == 405
    assert {"GET", "HEAD"} <= set((answer.header("Allow") or "").split(", "))


@pytest.mark.spec("OIDCD-4.3", "RFC8414-3.3")
def test_the_issuer_is_the_same_string_everywhere(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party()
    tokens = party.sign_in(signed_in)
    assert tokens.claims["iss"] == party.metadata["issuer"] == "https://op.example"
