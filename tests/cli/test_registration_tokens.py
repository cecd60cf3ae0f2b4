"""`signet registration-token`, and what an operator may do with clients that registered
themselves."""

import json
from pathlib import Path

import pytest

from tests.cli.processes import Signet
from tests.support.registering import Registrar, metadata

pytestmark = pytest.mark.settings(profile="openid", registration={"mode": "token"})
FAR = ("--expires", "9999d")
"""The command line reads the real clock, the provider under test one of its own."""


def test_a_token_lets_an_application_register_until_it_is_revoked(
    operator: Signet, registrar: Registrar
) -> None:
    made = json.loads(operator("registration-token", "add", "--note", "CI", *FAR, "--json").stdout)
    assert registrar.post(metadata(), made["token"]).status == 201
    listed = operator("registration-token", "list", "--json").stdout
    assert [one["note"] for one in json.loads(listed)] == ["CI"]
    assert made["token"] not in listed
    assert operator("registration-token", "revoke", made["id"]).exit_code == 0
    assert registrar.post(metadata(), made["token"]).status == 401
    assert operator("registration-token", "revoke", made["id"]).exit_code == 1


def test_the_tables_for_people_name_the_uses_left(operator: Signet) -> None:
    assert "no tokens" in operator("registration-token", "list").stdout
    assert "token" in operator("registration-token", "add", "--uses", "3").stdout
    assert "3" in operator("registration-token", "list").stdout


def test_an_operator_replaces_a_management_token(operator: Signet, registrar: Registrar) -> None:
    made = json.loads(operator("registration-token", "add", *FAR, "--json").stdout)
    registered = registrar.post(metadata(), made["token"]).json
    client_id = registered["client_id"]
    rotated = json.loads(
        operator("client", "rotate-registration-token", client_id, "--json").stdout
    )
    assert registrar.manage("GET", registered).status == 401
    token = rotated["registration_access_token"]
    assert registrar.manage("GET", registered, token=token).status == 200
    shown = json.loads(operator("client", "show", client_id, "--json").stdout)
    assert shown["registered_by"] == "itself"


def test_a_client_of_the_operator_has_no_management_token(operator: Signet) -> None:
    callback = ("--redirect-uri", "https://notes.example/cb")
    made = json.loads(operator("client", "add", "Notes", *callback, "--json").stdout)
    assert made["registered_by"] == "operator"
    refused = operator("client", "rotate-registration-token", made["client_id"])
    assert (refused.exit_code, "registered by an operator" in refused.stderr) == (1, True)


def test_metadata_comes_from_a_file_and_obeys_the_same_rules(
    operator: Signet, tmp_path: Path
) -> None:
    file = tmp_path / "client.json"
    wanted = metadata(contacts=["a@rp.example"], initiate_login_uri="https://rp.example/start")
    file.write_text(json.dumps(wanted))
    made = json.loads(operator("client", "add", "x", "--metadata", str(file), "--json").stdout)
    assert {name: made[name] for name in wanted} == wanted
    for bad in ('{"contacts": 1}', '{"initiate_login_uri": "http://rp.example/"}', "[]", "{"):
        file.write_text(bad)
        assert operator("client", "add", "x", "--metadata", str(file)).exit_code == 1
