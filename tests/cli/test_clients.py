"""`signet client`: registering applications."""

import json
from pathlib import Path
from typing import Any

import pytest

from provider.context import Provider
from provider.credentials import client_secret
from provider.store import clients, schema
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet

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
        ((*CALLBACK, "--introspection-alg", "ES384"), "did you mean ES256?"),
        ((*CALLBACK, "--introspection-alg", "HS256"), "introspection answers are not signed"),
        ((*CALLBACK, "--logo-uri", "http://notes.example/logo"), "https"),
        ((*CALLBACK, "--id", "two words"), "client id"),
        (("--type", "service", *CALLBACK), "authorization_code"),
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


def test_an_id_is_given_once(operator: Signet) -> None:
    added(operator, *CALLBACK, "--id", "notes")
    result = operator("client", "add", "Notes", *CALLBACK, "--id", "notes")
    assert (result.exit_code, "already" in result.stderr) == (1, True)


def test_two_secrets_live_during_rotation_and_never_three(
    operator: Signet, provider: Provider
) -> None:
    first = added(operator, *CALLBACK, "--id", "notes")["client_secret"]
    second = json.loads(operator("client", "rotate-secret", "notes", "--json").output)
    with transaction(provider.engine) as tx:
        found = clients.find(tx, "notes")
    assert found is not None
    assert all(
        client_secret.is_right(found, value, found.created_at)
        for value in (first, second["client_secret"])
    )
    refused = operator("client", "rotate-secret", "notes")
    assert refused.exit_code == 1
    assert "2 live secrets" in refused.stderr
    third = json.loads(
        operator("client", "rotate-secret", "notes", "--overlap", "0", "--json").output
    )
    with transaction(provider.engine) as tx:
        found = clients.find(tx, "notes")
    assert found is not None
    now = third["old_secret_ends"]
    assert client_secret.is_right(found, third["client_secret"], now)
    assert not client_secret.is_right(found, first, now)
    assert not client_secret.is_right(found, second["client_secret"], now)


def test_a_client_without_a_secret_has_none_to_rotate(operator: Signet) -> None:
    added(operator, "--type", "browser", *CALLBACK, "--id", "notes")
    assert operator("client", "rotate-secret", "notes").exit_code == 1


def test_removing_asks_first_and_leaves_a_trace(operator: Signet, provider: Provider) -> None:
    added(operator, *CALLBACK, "--id", "notes")
    assert operator("client", "remove", "notes", input="n\n").exit_code == 1
    assert operator("client", "show", "notes").exit_code == 0
    assert operator("client", "remove", "notes", "--yes").exit_code == 0
    missing = operator("client", "show", "notes")
    assert missing.exit_code == 1
    assert "no client notes" in missing.stderr
    with transaction(provider.engine) as tx:
        written = tx.execute(schema.event.select()).all()
    assert {row.name for row in written} >= {"client_registered", "client_removed"}
    assert {row.address for row in written} == {"command line"}


def test_a_client_is_switched_off_and_on_and_both_leave_a_trace(
    operator: Signet, provider: Provider
) -> None:
    added(operator, *CALLBACK, "--id", "notes")
    for command, off in (("disable", True), ("enable", False)):
        assert operator("client", command, "notes").exit_code == 0
        shown = json.loads(operator("client", "show", "notes", "--json").output)
        assert (shown["disabled_at"] is not None) is off
    assert operator("client", "disable", "unknown").exit_code == 1
    with transaction(provider.engine) as tx:
        names = {row.name for row in tx.execute(schema.event.select())}
    assert names >= {"client_disabled", "client_enabled"}


def test_the_list_is_empty_at_first_and_says_what_to_do(operator: Signet) -> None:
    assert "signet client add" in operator("client", "list").output
    assert json.loads(operator("client", "list", "--json").output) == []
