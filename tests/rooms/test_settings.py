"""Settings: where they come from, what is refused and how it is said."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from provider.settings import Settings, SettingsRefused, check_serving, load

KEY = "k18pJ2PGXfEaeYTNFnTmmkJFxJbLxKUG2kp5lgOkJ7k"
OTHER_KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [*os.environ]:
        if variable.startswith("SIGNET_"):
            monkeypatch.delenv(variable)


def write(folder: Path, text: str) -> Path:
    file = folder / "signet.toml"
    file.write_text(text)
    return file


def refusals(config: Path | None = None) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(config)
    return [str(problem) for problem in refused.value.problems]


def test_the_defaults_are_complete_and_for_this_machine() -> None:
    settings = load()
    assert settings.issuer == settings.default_audience == "http://localhost:8000"
    assert settings.loopback
    assert not settings.secure
    assert settings.issuer_path == ""
    assert settings.secret_key is None
    assert settings.database_url == "sqlite:///data/signet.sqlite"
    assert settings.lifetimes.code == 60
    assert settings.lifetimes.refresh_idle == 14 * 86400
    assert settings.keys.access_token_alg == "ES256"


def test_settings_built_directly_read_nothing_from_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIGNET_PORT", "9999")
    assert Settings().port == 8000
    assert Settings(port=8001).port == 8001


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1


def test_key_sets_of_issuers_are_files_relative_to_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absolute = tmp_path / "elsewhere.json"
    written = f'''
        [registration.software_statement_issuers]
        "https://vendor.example" = "vendor.json"
        "https://other.example" = "{absolute}"
        '''
    found = load(write(tmp_path, written)).registration.software_statement_issuers
    assert found == {
        "https://vendor.example": tmp_path / "vendor.json",
        "https://other.example": absolute,
    }
    variable = "SIGNET_REGISTRATION__SOFTWARE_STATEMENT_ISSUERS"
    monkeypatch.setenv(variable, '{"https://env.example": "/keys.json"}')
    found = load().registration.software_statement_issuers
    assert found == {"https://env.example": Path("/keys.json")}


def test_software_statements_are_required_only_where_somebody_may_issue_them() -> None:
    with pytest.raises(ValidationError, match="software_statement_issuers"):
        Settings.model_validate({"registration": {"require_software_statement": True}})


def test_a_file_is_read_with_its_tables_and_paths_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    config = write(
        tmp_path,
        """
        issuer = "https://login.example.com/tenant"
        data_dir = "kept"
        secret_key_file = "key"
        [lifetimes]
        access_token = "5m"
        refresh_idle = "2w"
        code = 30
        [keys]
        id_token_algorithms = ["RS256", "EdDSA"]
        [scopes]
        "notes:read" = "Read your notes"
        """,
    )
    settings = load(config)
    assert settings.secure
    assert settings.issuer_path == "/tenant"
    assert settings.default_audience == settings.issuer
    assert settings.lifetimes.access_token == 300
    assert settings.lifetimes.refresh_idle == 14 * 86400
    assert settings.lifetimes.id_token == 600
    assert settings.keys.algorithms == ("RS256", "ES256", "EdDSA")
    assert settings.scopes == {"notes:read": "Read your notes"}
    assert settings.database_file == tmp_path / "kept" / "signet.sqlite"
    assert len(settings.master_keys) == 1


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "port = 1\nworkers = 3\n[lifetimes]\ncode = 30\nid_token = 99\n")
    monkeypatch.setenv("SIGNET_CONFIG", str(file))
    monkeypatch.setenv("SIGNET_PORT", "9000")
    monkeypatch.setenv("SIGNET_LIFETIMES__CODE", "45s")
    monkeypatch.setenv("SIGNET_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1")
    monkeypatch.setenv("SIGNET_SCOPES", '{"a": "b"}')
    settings = load()
    assert (settings.port, settings.workers) == (9000, 3)
    assert (settings.lifetimes.code, settings.lifetimes.id_token) == (45, 99)
    assert [str(network) for network in settings.trusted_proxies] == [
        "10.0.0.0/8",
        "2001:db8::1/128",
    ]
    assert settings.scopes == {"a": "b"}


def test_an_unknown_name_in_the_file_is_refused_with_the_nearest(tmp_path: Path) -> None:
    config = write(tmp_path, 'isuer = "x"\n[lifetimes]\nacess_token = 3\n')
    assert refusals(config) == [
        f"unknown setting 'isuer' in {config}. Did you mean 'issuer'?",
        f"unknown setting 'lifetimes.acess_token' in {config}. "
        "Did you mean 'lifetimes.access_token'?",
    ]


def test_an_unknown_variable_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_SECRT_KEY", KEY)
    monkeypatch.setenv("SIGNET_LIFETIMES_CODE", "3")
    assert refusals() == [
        "unknown setting SIGNET_LIFETIMES_CODE in the environment. "
        "Did you mean 'SIGNET_LIFETIMES__CODE'?",
        "unknown setting SIGNET_SECRT_KEY in the environment. Did you mean 'SIGNET_SECRET_KEY'?",
    ]


def test_switches_of_the_test_suite_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_REQUIRE_ALL", "1")
    monkeypatch.setenv("SIGNET_TEST_POSTGRES", "postgresql://")
    load()


def test_every_secret_can_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in {
        "secret_key": KEY,
        "previous_secret_keys": f"{OTHER_KEY}\n{KEY}\n",
        "database_url": "postgresql://signet:secret@db/signet",
    }.items():
        (tmp_path / name).write_text(content + "\n")
        monkeypatch.setenv(f"SIGNET_{name.upper()}_FILE", str(tmp_path / name))
    settings = load()
    assert [len(key) for key in settings.master_keys] == [32, 32, 32]
    assert settings.database_url == "postgresql+psycopg://signet:secret@db/signet"
    assert settings.blocking_threads == 4
    assert settings.database_file is None


def test_a_secret_and_its_file_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_SECRET_KEY", KEY)
    monkeypatch.setenv("SIGNET_SECRET_KEY_FILE", "/nowhere")
    assert refusals() == [
        "SIGNET_SECRET_KEY_FILE is set beside the value itself. Keep one of the two."
    ]


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_SECRET_KEY_FILE", "/nowhere/key")
    assert "/nowhere/key named by SIGNET_SECRET_KEY_FILE can not be read" in refusals()[0]


@pytest.mark.parametrize("content", [None, "issuer = ", b"\xff\xfe"])
def test_a_settings_file_that_can_not_be_read_is_one_line(
    tmp_path: Path, content: str | bytes | None
) -> None:
    file = tmp_path / "signet.toml"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    (problem,) = refusals(file)
    assert str(file) in problem
    assert "\n" not in problem


@pytest.mark.parametrize("written", ["short", "a" * 43, "0" * 64, "not base64!" * 6, ""])
def test_a_secret_key_that_could_be_guessed_is_refused_and_never_shown(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNET_SECRET_KEY", written)
    (problem,) = refusals()
    assert problem.startswith("SIGNET_SECRET_KEY: ")
    assert "signet secret" in problem
    assert not written or written not in problem


def test_secrets_are_not_in_the_representation() -> None:
    settings = Settings(secret_key=SecretStr(KEY), database_url="postgresql://u:hidden@h/d")
    assert KEY not in repr(settings)
    assert "hidden" not in repr(settings)


@pytest.mark.spec("OIDCDISC-3")
@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.example.com/",
        "https://login.example.com/a/",
        "https://login.example.com/a//b",
        "https://login.example.com/a/../b",
        "https://login.example.com?a=b",
        "https://login.example.com?",
        "https://login.example.com#a",
        "https://name:word@login.example.com",
        "https://@login.example.com",
        "https://LOGIN.example.com",
        "HTTPS://login.example.com",
        "https://login.example.com:443",
        "https://login.example.com:0x1bb",
        "https://login.example.com:99999",
        "https://login.exämple.com",
        "https://login.example.com/a b",
        "https://",
        "https://[::zz]",
        "http://login.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "ftp://login.example.com",
        "login.example.com",
        "",
    ],
)
def test_an_issuer_with_two_spellings_or_without_https_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="issuer"):
        Settings(issuer=issuer)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.example.com",
        "https://login.example.com:8443/tenant/one",
        "http://localhost:8000",
        "http://127.0.0.1",
        "http://[::1]:8000/tenant",
    ],
)
def test_an_issuer_that_clients_can_compare_is_kept_as_it_is(issuer: str) -> None:
    assert Settings(issuer=issuer).issuer == issuer


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIGNET_LIFETIMES__CODE", "1y"),
        ("SIGNET_LIFETIMES__CODE", "1d"),
        ("SIGNET_LIFETIMES__CODE", "-5"),
        ("SIGNET_LIFETIMES__CODE", "1.5m"),
        ("SIGNET_LIFETIMES__ACCESS_TOKEN", "10"),
        ("SIGNET_PORT", "70000"),
        ("SIGNET_THREADS", "many"),
        ("SIGNET_KEYS__ID_TOKEN_ALGORITHMS", "RS256,HS256"),
        ("SIGNET_KEYS__ACCESS_TOKEN_ALG", "none"),
        ("SIGNET_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SIGNET_TRUSTED_PROXIES", "proxy"),
        ("SIGNET_DATABASE_URL", "mysql://localhost/signet"),
        ("SIGNET_DATABASE_URL", "sqlite://"),
        ("SIGNET_SCOPES", "notes"),
        ("SIGNET_SCOPES", '{"two words": "x"}'),
        ("SIGNET_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_out_of_bounds_is_one_line_that_names_it(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    (problem,) = refusals()
    assert problem.startswith(f"{variable}: ")
    assert "\n" not in problem


@pytest.mark.parametrize(
    "text",
    [
        '[lifetimes]\nrefresh_idle = "90d"\nrefresh_absolute = "30d"',
        '[keys]\nrotation_age = "1h"\npublish_before = "1h"',
        '[keys]\nid_token_algorithms = ["ES256"]',
        '[scopes]\nopenid = "x"',
        "lifetimes = 3",
    ],
)
def test_values_that_contradict_each_other_are_refused(tmp_path: Path, text: str) -> None:
    assert len(refusals(write(tmp_path, text))) == 1


def test_everything_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_PORT", "x")
    monkeypatch.setenv("SIGNET_ISSUER", "x")
    assert len(refusals()) == 2


def production(**changes: object) -> Settings:
    values: dict[str, object] = {
        "issuer": "https://login.example.com",
        "host": "0.0.0.0",  # noqa: S104
        "secret_key": KEY,
        "database_url": "postgresql://signet@db/signet",
        **changes,
    }
    return Settings(**{name: value for name, value in values.items() if value is not None})  # type: ignore[arg-type]


def what(settings: Settings, environ: dict[str, str] | None = None) -> str:
    problems = check_serving(settings, environ or {})
    assert all(problem.fix for problem in problems)
    return "; ".join(problem.what for problem in problems)


def test_production_settings_may_serve() -> None:
    assert what(production()) == ""


@pytest.mark.spec("SE-10")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret_key": None}, "secret_key is not set"),
        ({"database_url": None}, "database_url is not set"),
        ({"issuer": "http://localhost:8000"}, "is not https"),
        ({"environment": "demo"}, "the demo's settings"),
        ({"host": "127.0.0.1", "database_url": None}, "database_url is not set"),
        ({"host": "127.0.0.1", "environment": "demo"}, "the demo's settings"),
    ],
)
def test_others_are_not_served_with_half_a_configuration(
    changes: dict[str, object], words: str
) -> None:
    assert words in what(production(**changes))


@pytest.mark.spec("SE-10")
def test_this_machine_is_not_served_without_a_secret_key_either() -> None:
    assert "secret_key is not set" in what(Settings())
    assert what(Settings(secret_key=SecretStr(KEY))) == ""


@pytest.mark.spec("LG-05")
@pytest.mark.parametrize("variable", ["AUTHLIB_INSECURE_TRANSPORT", "FLASK_DEBUG"])
def test_switches_that_open_doors_are_refused(variable: str) -> None:
    assert variable in what(production(), {variable: "1"})
    assert what(production(), {variable: "0"}) == ""


def test_the_unsafe_profile_is_for_an_issuer_marked_as_a_test(tmp_path: Path) -> None:
    (problem,) = refusals(write(tmp_path, 'profile = "certification"\n'))
    assert "test_issuer = true" in problem
    marked = load(write(tmp_path, 'profile = "certification"\ntest_issuer = true\n'))
    assert marked.profile == "certification"


@pytest.mark.parametrize("written", ["rp.internal", "rp.internal:8443", "10.0.0.1", "[::1]:8443"])
def test_hosts_of_a_private_network_are_named_one_by_one(tmp_path: Path, written: str) -> None:
    found = load(write(tmp_path, f'[outgoing]\nallow_hosts = ["{written}"]\n'))
    assert found.outgoing.allow_hosts == (written,)


@pytest.mark.parametrize(
    "written",
    ["*", "*.internal", "10.0.0.0/8", "https://rp.internal", "RP.internal", "rp:0", "rp:99999", "",
     "http://localhost:8001", "http://localhost", "http://rp.internal:80"],
)  # fmt: skip
def test_and_nothing_wider(tmp_path: Path, written: str) -> None:
    assert refusals(write(tmp_path, f'[outgoing]\nallow_hosts = ["{written}"]\n'))


def test_plain_http_to_this_machine_is_for_the_demo(tmp_path: Path) -> None:
    own = 'environment = "demo"\n[outgoing]\nallow_hosts = ["http://localhost:8001"]\n'
    assert load(write(tmp_path, own)).outgoing.allow_hosts == ("http://localhost:8001",)


def test_the_certificates_of_a_private_network_stand_beside_the_file(tmp_path: Path) -> None:
    found = load(write(tmp_path, '[outgoing]\nca_file = "ca.pem"\n'))
    assert found.outgoing.ca_file == tmp_path / "ca.pem"
