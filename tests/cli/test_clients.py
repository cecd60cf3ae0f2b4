"""`signet client`: registering applications."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from provider.context import Provider
from provider.credentials import client_secret
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet
from tests.support import jwt
from tests.support.site import Site

CALLBACK = ("--redirect-uri", "https://notes.example/callback")


def added(operator: Signet, *options: str) -> dict[str, Any]:
    result = operator("client", "add", "Notes", *options, "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.output)
    assert isinstance(document, dict)
    return document


def test_a_web_application_gets_a_secret_that_works_and_is_kept_as_a_digest(
    operator: Signet, provider: Provider
) -> None:
    document = added(operator, *CALLBACK)
    with transaction(provider.engine) as tx:
        found = clients.find(tx, document["client_id"])
        assert found is not None
        assert client_secret.is_right(found, document["client_secret"], found.created_at)
    shown = operator("client", "show", document["client_id"])
    assert document["client_secret"] not in shown.output
    assert "https://notes.example/callback" in shown.output
    assert document["client_secret"] not in operator("client", "list", "--json").output


@pytest.mark.parametrize("kind", ["browser", "native"])
def test_a_public_application_gets_no_secret(operator: Signet, kind: str) -> None:
    document = added(operator, "--type", kind, *CALLBACK)
    assert "client_secret" not in document
    assert document["token_endpoint_auth_method"] == "none"


def test_answers_can_be_wanted_signed(operator: Signet, provider: Provider) -> None:
    algorithms = {
        "userinfo_signed_response_alg": "RS256",
        "introspection_signed_response_alg": "EdDSA",
    }
    options = ("--userinfo-alg", "RS256", "--introspection-alg", "EdDSA")
    document = added(operator, *CALLBACK, *options)
    assert algorithms.items() <= document.items()
    with transaction(provider.engine) as tx:
        found = clients.find(tx, document["client_id"])
    assert found is not None
    assert algorithms.items() <= found.to_metadata().items()


def test_signed_answers_are_not_wanted_unasked(operator: Signet) -> None:
    assert not [
        name
        for name in added(operator, *CALLBACK)
        if name.endswith("_response_alg") and name != "id_token_signed_response_alg"
    ]


def test_a_service_needs_no_redirect_uri(operator: Signet, provider: Provider) -> None:
    document = added(
        operator, "--type", "service", "--id", "export", "--access-token-lifetime", "5m"
    )
    assert document["grant_types"] == ["client_credentials"]
    assert added(operator, "--grant-type", "client_credentials")["response_types"] == []
    with transaction(provider.engine) as tx:
        found = clients.find(tx, "export")
    assert found is not None
    assert found.response_types == ()
    assert found.policy.access_token_lifetime == 300


@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize(
    ("asked", "grants"),
    [
        (["id_token"], ["implicit"]),
        (["token id_token"], ["implicit"]),
        (["code id_token"], ["authorization_code", "implicit", "refresh_token"]),
        (["code", "none"], ["authorization_code", "refresh_token"]),
        (["none"], []),
    ],
)
def test_response_types_bring_the_grants_they_need(
    operator: Signet, asked: list[str], grants: list[str]
) -> None:
    options = [option for one in asked for option in ("--response-type", one)]
    document = added(operator, *CALLBACK, *options)
    assert document["grant_types"] == grants
    canonical = {"token id_token": "id_token token"}
    expected = [canonical.get(one, one) for one in asked]
    assert document.get("response_types", ["code"]) == expected


@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((*CALLBACK, "--response-type", "token"), "token is not supported"),
        ((*CALLBACK, "--response-type", "id_token", "--grant-type", "authorization_code"),
         "needs the grant type implicit"),
        ((*CALLBACK, "--grant-type", "authorization_code", "--grant-type", "implicit"),
         "implicit needs a response type"),
        (("--response-type", "id_token"), "--redirect-uri"),
        (("--response-type", "id_token", "--redirect-uri", "http://127.0.0.1/cb"), "https"),
        (("--response-type", "id_token", "--redirect-uri", "https://localhost/cb"), "localhost"),
    ],
)  # fmt: skip
def test_response_types_that_do_not_fit_are_one_line(
    operator: Signet, options: tuple[str, ...], words: str
) -> None:
    result = operator("client", "add", "Notes", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_in_oauth_2_1_only_the_code_can_be_registered(operator: Signet) -> None:
    result = operator("client", "add", "Notes", *CALLBACK, "--response-type", "id_token")
    assert (result.exit_code, "profile oauth21" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "--redirect-uri"),
        (("--redirect-uri", "https://notes.example/*"), "wildcard"),
        (("--redirect-uri", "http://notes.example/cb"), "plain http"),
        (("--redirect-uri", "com.example.notes:/cb"), "https"),
        ((*CALLBACK, "--scope", "openid profle"), "did you mean profile?"),
        ((*CALLBACK, "--auth-method", "private_key_jwt"), "--jwks"),
        ((*CALLBACK, "--id-token-alg", "HS256"), "HS256"),
        ((*CALLBACK, "--id-token-alg", "EDDSA"), "did you mean EdDSA?"),
        ((*CALLBACK, "--userinfo-alg", "rs256"), "did you mean RS256?"),
        ((*CALLBACK, "--userinfo-alg", "none"), "offered are RS256 ES256"),
        ((*CALLBACK, "--userinfo-alg", ""), "UserInfo answers are not signed"),
        ((*CALLBACK, "--introspection-alg", "ES521"), "did you mean ES"),
        ((*CALLBACK, "--introspection-alg", "HS256"), "introspection answers are not signed"),
        ((*CALLBACK, "--logo-uri", "http://notes.example/logo"), "https"),
        ((*CALLBACK, "--id", "two words"), "client id"),
        (("--type", "service", *CALLBACK), "authorization_code"),
        (("--type", "browser", *CALLBACK, "--no-require-pkce"), "PKCE"),
        ((*CALLBACK, "--jwks-uri", "http://notes.example/keys"), "https"),
        ((*CALLBACK, "--auth-method", "client_secret_jwt"), "not supported"),
        (("--type", "browser", "--grant-type", "client_credentials"), "authenticates"),
    ],
)
def test_what_does_not_fit_together_is_one_line(
    operator: Signet, options: tuple[str, ...], words: str
) -> None:
    result = operator("client", "add", "Notes", *options)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("signet: ")


def test_keys_of_a_client_are_checked(operator: Signet, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text('{"keys": [{"kty": "oct", "k": "AAAA"}]}')
    result = operator("client", "add", "Notes", *CALLBACK, "--jwks", str(file))
    assert result.exit_code == 1
    assert "public keys only" in result.stderr


def test_keys_come_by_value_or_by_address_not_both(operator: Signet, tmp_path: Path) -> None:
    address = "https://notes.example/keys"
    made = added(operator, *CALLBACK, "--jwks-uri", address)
    assert (made["jwks_uri"], made["token_endpoint_auth_method"]) == (address, "private_key_jwt")
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(jwt.public_set(jwt.key_for("ES256"))))
    both = ("--jwks-uri", address, "--jwks", str(file))
    assert operator("client", "add", "Notes", *CALLBACK, *both).exit_code == 1


@pytest.mark.parametrize(
    ("option", "policy"),
    [
        ("--require-pkce", {"require_pkce": True}),
        ("--no-require-pkce", {"require_pkce": False}),
        ("--scope-claims-in-id-token", {"scope_claims_in_id_token": True}),
    ],
)
def test_an_operator_decides_about_a_client(
    operator: Signet, option: str, policy: dict[str, bool]
) -> None:
    assert added(operator, *CALLBACK, option)["policy"] == policy
    assert "policy" not in added(operator, *CALLBACK)


@pytest.mark.settings(profile="openid")
def test_a_sector_document_is_read_for_an_operator_too(
    operator: Signet, site: Site, tmp_path: Path
) -> None:
    os.environ["SIGNET_OUTGOING__ALLOW_HOSTS"] = site.host
    os.environ["SIGNET_OUTGOING__CA_FILE"] = str(site.ca_file)
    uri = site.serve("/sector", json.dumps([CALLBACK[1]]))
    file = tmp_path / "client.json"
    about = {"subject_type": "pairwise", "sector_identifier_uri": uri}
    file.write_text(json.dumps(about))
    assert added(operator, *CALLBACK, "--metadata", str(file))["sector_identifier_uri"] == uri
    other = ("--redirect-uri", "https://other.example/cb")
    result = operator("client", "add", "x", *CALLBACK, *other, "--metadata", str(file))
    assert (result.exit_code, "does not list https://other" in result.stderr) == (1, True)


def test_a_file_may_name_the_client_in_several_languages(operator: Signet, tmp_path: Path) -> None:
    file = tmp_path / "client.json"
    file.write_text(json.dumps({"client_name#ko": "노트", "tos_uri#ko": "https://rp.example/ko"}))
    made = added(operator, *CALLBACK, "--id", "notes", "--metadata", str(file))
    assert (made["client_name#ko"], made["tos_uri#ko"]) == ("노트", "https://rp.example/ko")
    assert "노트" in operator("client", "show", "notes").output
    file.write_text(json.dumps({"client_name#k": "노트"}))
    result = operator("client", "add", "x", *CALLBACK, "--metadata", str(file))
    assert (result.exit_code, "language tag" in result.stderr) == (1, True)


def test_an_id_is_given_once(operator: Signet) -> None:
    added(operator, *CALLBACK, "--id", "notes")
    result = operator("client", "add", "Notes", *CALLBACK, "--id", "notes")
    assert (result.exit_code, "already" in result.stderr) == (1, True)
