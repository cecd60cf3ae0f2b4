"""Exit codes, one line per problem, JSON for scripts: what holds for every command; and the
commands that look after settings, schema and keys."""

import json
import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest

from migrations import revisions
from provider.cli.commands import cli
from provider.context import Provider
from provider.keys.vault import Vault
from provider.settings import Settings
from provider.store import clients, events, revision
from provider.store.schema import client_secret
from provider.store.unit_of_work import open_engine, transaction
from tests.cli.processes import Signet
from tests.support import jwt
from tests.support.factories import make_client

ON_DATABASE = [
    ("client", "list"),
    ("user", "list"),
    ("keys", "list"),
    ("purge",),
    ("serve", "--port", "1"),
]


@pytest.mark.parametrize("command", cli.list_commands(None))  # type: ignore[arg-type]
def test_every_command_explains_itself(signet: Signet, command: str) -> None:
    result = signet(command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.output
    assert command in signet("--help").output


@pytest.mark.parametrize("absent", ["click", "sqlalchemy"])
def test_what_to_install_is_said_where_the_server_is_missing(absent: str) -> None:
    program = f"import sys; sys.modules[{absent!r}] = None; from provider.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, "purge"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert f"the package {absent} is not installed" in ended.stderr
    assert "pip install 'signet[server]'" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_wrong_call_is_exit_code_2(signet: Signet) -> None:
    assert signet("clinet").exit_code == 2
    assert signet("client", "add").exit_code == 2
    assert signet("serve", "--port", "x").exit_code == 2


def test_refused_settings_are_exit_code_3_and_one_line_each(signet: Signet) -> None:
    os.environ |= {"SIGNET_PRT": "1", "SIGNET_ISSUERS": "x"}
    result = signet("migrate")
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "signet: unknown setting SIGNET_ISSUERS in the environment. Did you mean 'SIGNET_ISSUER'?",
        "signet: unknown setting SIGNET_PRT in the environment. Did you mean 'SIGNET_PORT'?",
    ]


@pytest.mark.parametrize("place", ["before", "behind"])
def test_config_may_stand_before_or_behind_the_command(
    signet: Signet, tmp_path: Path, place: str
) -> None:
    file = tmp_path / "signet.toml"
    file.write_text("port = 8111\n")
    option = ("--config", str(file))
    words = (*option, "settings") if place == "before" else ("settings", "--json", *option)
    assert "8111" in signet(*words).output


def test_settings_lists_everything_and_no_secret(operator: Signet) -> None:
    values = json.loads(operator("settings", "--json").output)
    assert values["secret_key"] == "(set)"
    assert values["lifetimes.access_token"] == 600
    assert os.environ["SIGNET_SECRET_KEY"] not in operator("settings").output
    os.environ["SIGNET_DATABASE_URL"] = "postgresql://signet:hidden@db/signet"
    assert "hidden" not in operator("settings").output


def test_a_new_secret_key_is_different_each_time_and_accepted(signet: Signet) -> None:
    first, second = signet("secret").output, signet("secret").output
    assert first != second
    assert len(urlsafe_b64decode(first.strip() + "=")) == 32
    os.environ["SIGNET_SECRET_KEY"] = first.strip()
    assert signet("settings").exit_code == 0


@pytest.mark.parametrize("command", ON_DATABASE)
def test_without_a_secret_key_nothing_is_opened(
    operator: Signet, command: tuple[str, ...]
) -> None:
    del os.environ["SIGNET_SECRET_KEY"]
    result = operator(*command)
    assert result.exit_code == 3
    assert "secret_key is not set" in result.stderr


@pytest.mark.parametrize("command", ON_DATABASE)
@pytest.mark.parametrize(
    ("version", "words"),
    [
        (None, "has no tables yet. Run: signet migrate"),
        ("0000", "ahead of this version"),
        ("9999", "ahead of this version"),
    ],
)
def test_a_schema_of_another_version_stops_every_command_with_one_line(
    operator: Signet,
    settings: Settings,
    command: tuple[str, ...],
    version: str | None,
    words: str,
) -> None:
    pretend(settings, version)
    result = operator(*command)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_schema_that_is_behind_is_told_how_to_catch_up(
    operator: Signet, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = revisions()[-1]
    monkeypatch.setattr(revision, "revisions", lambda: (found, "9998"))
    result = operator("serve", "--port", "1")
    assert result.exit_code == 1
    assert result.stderr == (
        f"signet: the database is at revision {found}, behind this version of Signet (9998). "
        "Run: signet migrate\n"
    )
    assert settings.database_file is not None


def test_an_unreachable_database_is_one_line(signet: Signet) -> None:
    os.environ["SIGNET_DATABASE_URL"] = "postgresql://signet:hidden@127.0.0.1:1/signet"
    os.environ["SIGNET_SECRET_KEY"] = signet("secret").output.strip()
    for command in (("migrate",), ("user", "list")):
        result = signet(*command)
        assert result.exit_code == 1
        assert result.stderr.startswith("signet: the database can not be used: ")
        assert result.stderr.count("\n") == 1
        assert "hidden" not in result.stderr


def test_migrate_makes_the_folder_and_the_tables_and_can_be_repeated(signet: Signet) -> None:
    newest = revisions()[-1]
    assert signet("migrate", "--check").exit_code == 1
    assert not Path("data").exists()
    assert json.loads(signet("migrate", "--json").output) == {"before": None, "after": newest}
    assert json.loads(signet("migrate", "--json").output) == {"before": newest, "after": newest}
    assert json.loads(signet("migrate", "--check", "--json").output)["state"] == "current"


def test_walking_back_asks_first(signet: Signet) -> None:
    signet("migrate")
    assert signet("migrate", "--revision", "base", input="n\n").exit_code == 1
    assert signet("migrate", "--check").exit_code == 0
    assert signet("migrate", "--revision", "base", "--yes").exit_code == 0
    assert signet("migrate", "--check").exit_code == 1


def test_an_unknown_revision_is_answered_with_the_known(signet: Signet) -> None:
    result = signet("migrate", "--revision", "0042")
    assert result.exit_code == 1
    assert "Known: base, 0001" in result.stderr


def findings(result: str) -> dict[str, tuple[str, str]]:
    return {one["subject"]: (one["state"], one["what"]) for one in json.loads(result)["findings"]}


def test_check_finds_nothing_wrong_where_nothing_is(signet: Signet) -> None:
    os.environ["SIGNET_SECRET_KEY"] = signet("secret").output.strip()
    signet("migrate")
    signet("keys", "rotate")
    result = signet("check", "--json")
    found = findings(result.output)
    assert result.exit_code == 0, result.output
    right = ("settings", "issuer", "database", "schema", "clock", "keys")
    assert {found[subject][0] for subject in right} == {"ok"}
    assert found["clients"][0] == found["users"][0] == "warn"


def test_check_says_what_is_wrong_and_how_to_fix_it(signet: Signet) -> None:
    result = signet("check")
    assert result.exit_code == 1
    assert "FAIL" in result.output
    assert "signet secret" in result.output
    assert "Run: signet migrate" in result.output
    os.environ["SIGNET_PORT"] = "x"
    assert findings(signet("check", "--json").output)["settings"][0] == "fail"


def test_check_notices_the_wrong_secret_key(operator: Signet) -> None:
    os.environ["SIGNET_SECRET_KEY"] = operator("secret").output.strip()
    result = operator("check", "--json")
    assert result.exit_code == 1
    assert "another secret key" in findings(result.output)["keys"][1]


def test_check_notices_a_clock_that_was_set_back(operator: Signet, settings: Settings) -> None:
    future = events.Event(at=2**33, name="x", address="", expires_at=2**34)
    engine = open_engine(settings.database_url)
    with transaction(engine) as tx:
        events.add(tx, [future])
    engine.dispose()
    state, what = findings(operator("check", "--json").output)["clock"]
    assert state == "fail"
    assert "in the future" in what


def test_check_notices_a_port_that_clients_will_not_find(signet: Signet) -> None:
    os.environ["SIGNET_PORT"] = "9000"
    state, what = findings(signet("check", "--json").output)["issuer"]
    assert (state, "another port" in what) == ("warn", True)


def test_check_names_the_hosts_that_need_not_be_public(signet: Signet) -> None:
    assert "outgoing" not in findings(signet("check", "--json").output)
    os.environ["SIGNET_OUTGOING__ALLOW_HOSTS"] = "rp.internal:8443"
    state, what = findings(signet("check", "--json").output)["outgoing"]
    assert (state, "rp.internal:8443" in what) == ("ok", True)


def test_check_notices_certificates_that_can_not_be_read(signet: Signet, tmp_path: Path) -> None:
    unreadable = tmp_path / "not-a-certificate.pem"
    unreadable.write_text("no certificate")
    for ca_file in (unreadable, tmp_path / "absent.pem"):
        os.environ["SIGNET_OUTGOING__CA_FILE"] = str(ca_file)
        result = signet("check", "--json")
        assert result.exit_code == 1
        state, what = findings(result.output)["outgoing"]
        assert (state, str(ca_file) in what) == ("fail", True)


def test_check_tries_the_keys_of_software_statements(signet: Signet, tmp_path: Path) -> None:
    file = tmp_path / "vendor.json"
    issuers = json.dumps({"https://vendor.example": str(file)})
    os.environ["SIGNET_REGISTRATION__SOFTWARE_STATEMENT_ISSUERS"] = issuers
    state, what = findings(signet("check", "--json").output)["software statements"]
    assert (state, str(file) in what) == ("fail", True)
    file.write_text(json.dumps(jwt.public_set(jwt.key_for("ES256"))))
    state, what = findings(signet("check", "--json").output)["software statements"]
    assert (state, "https://vendor.example" in what) == ("ok", True)
    assert str(file) in signet("settings", "--json").output


def test_keys_are_listed_rotated_and_retired(operator: Signet) -> None:
    before = json.loads(operator("keys", "list", "--json").output)
    assert {key["alg"] for key in before} >= {"RS256", "ES256", "HS256"}
    assert not any("sealed" in key or "d" in (key["public"] or {}) for key in before)
    (made,) = json.loads(operator("keys", "rotate", "--alg", "ES256", "--json").output)
    assert made["state"] == "next"
    old = next(key for key in before if key["alg"] == "ES256")
    refused = operator("keys", "retire", old["kid"], "--yes")
    assert refused.exit_code == 1
    assert "Rotate immediately first" in refused.stderr
    operator("keys", "rotate", "--alg", "ES256", "--immediately")
    assert operator("keys", "retire", old["kid"], "--yes").exit_code == 0
    after = json.loads(operator("keys", "list", "--json").output)
    gone = [key for key in after if key["kid"] == old["kid"] and key["state"] != "gone"]
    assert gone == []


@pytest.mark.parametrize("command", [("rotate", "--alg", "HS512"), ("retire", "nobody", "--yes")])
def test_unknown_keys_are_one_line(operator: Signet, command: tuple[str, ...]) -> None:
    result = operator("keys", *command)
    assert result.exit_code == 1
    assert result.stderr.startswith("signet: There ")


def test_metadata_prints_what_is_served(operator: Signet, provider: Provider) -> None:
    os.environ["SIGNET_ISSUER"] = provider.issuer
    os.environ["SIGNET_SCOPES"] = json.dumps(provider.settings.scopes)
    assert json.loads(operator("metadata").output) == provider.metadata


def test_map_names_an_existing_file_for_every_route(operator: Signet) -> None:
    root = Path(__file__).parents[2]
    routes = json.loads(operator("map", "--json").output)
    assert {"/token", "/authorize", "/account", "/health/ready"} <= {one["path"] for one in routes}
    assert all((root / one["file"]).exists() for one in routes)
    token = next(one for one in routes if one["path"] == "/token")
    assert token["specs"]


def test_purge_removes_everything_that_has_expired(operator: Signet, settings: Settings) -> None:
    engine = open_engine(settings.database_url)
    with transaction(engine) as tx:
        events.add(tx, [events.Event(at=1, name="x", address="", expires_at=2)] * 1200)
    engine.dispose()
    assert json.loads(operator("purge", "--json").output)["event"] == 1200
    assert json.loads(operator("purge", "--json").output) == {}


def pretend(settings: Settings, version: str | None) -> None:
    """Let the database say that it is at another revision, for which this code is too old."""
    file = settings.database_file
    assert file is not None
    if version is None:
        file.unlink()
        return
    engine = open_engine(settings.database_url)
    with transaction(engine) as tx:
        tx.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (version,))
        tx.exec_driver_sql("UPDATE schema_support SET oldest_revision = ?", (version,))
    engine.dispose()


@pytest.mark.parametrize(
    ("registered", "named"),
    [
        ({"id_token_signed_response_alg": "RS512"}, "id_token RS512"),
        ({"id_token_signed_response_alg": "HS256"}, "id_token HS256"),
        ({"userinfo_signed_response_alg": "none"}, "userinfo none"),
        ({"introspection_signed_response_alg": "HS256"}, "introspection HS256"),
        ({"policy": {"access_token_alg": "RS512"}}, "access_token RS512"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "client_secret_jwt, which is off"),
    ],
    ids=str,
)
def test_check_names_a_client_that_can_not_be_served_as_registered(
    operator: Signet, provider: Provider, registered: dict[str, Any], named: str
) -> None:
    made = make_client(provider, "notes", **registered).client
    result = operator("check", "--json")
    assert result.exit_code == 1
    state, what = findings(result.output)["clients"]
    assert (state, what.partition(":")[0]) == ("fail", made.client_id)
    assert named in what
    with transaction(provider.engine) as tx:
        clients.disable(tx, made.client_id, provider.clock.now())
    assert "clients" not in findings(operator("check", "--json").output)


def test_check_names_a_client_whose_secret_can_not_be_opened(
    operator: Signet, provider: Provider
) -> None:
    made = make_client(provider, "notes", token_endpoint_auth_method="client_secret_jwt").client
    (kept,) = made.secrets
    foreign = Vault([b"x" * 32], provider.entropy).seal(b"s", f"client secret {kept.id}")
    with transaction(provider.engine) as tx:
        tx.execute(client_secret.update().values(sealed=foreign))
    told = [
        one["what"]
        for one in json.loads(operator("check", "--json").output)["findings"]
        if one["subject"] == "clients"
    ]
    assert any("sealed under another secret_key" in what for what in told)
