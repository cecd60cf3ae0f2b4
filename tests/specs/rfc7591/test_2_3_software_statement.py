"""RFC 7591 §2.3: what an issuer of software statements says of a client comes before what the
client says of itself, and what anybody else says does not count."""

import json
from pathlib import Path
from typing import Any

import pytest

from provider.settings import Settings
from tests.conftest import make_settings
from tests.support import jwt
from tests.support.clock import SettableClock
from tests.support.forgeries import FORGERIES
from tests.support.registering import CALLBACK, Registrar, metadata
from tests.support.relying_party import refusal

VENDOR = "https://vendor.example"
KEY = jwt.key_for("ES256", "vendor-key")
VOUCHED = {"client_name": "Vouched", "software_id": "notes", "tos_uri": "https://vendor.example/t"}
INVALID, UNAPPROVED = "invalid_software_statement", "unapproved_software_statement"
pytestmark = pytest.mark.spec("RFC7591-2.3")


@pytest.fixture
def required(request: pytest.FixtureRequest) -> bool:
    return bool(getattr(request, "param", False))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "vendor.json"
    path.write_text(json.dumps(jwt.public_set(KEY)))
    return path


@pytest.fixture
def settings(database_url: str, tmp_path: Path, file: Path, required: bool) -> Settings:
    registration = {
        "mode": "open",
        "software_statement_issuers": {VENDOR: file},
        "require_software_statement": required,
    }
    return make_settings(
        database_url, data_dir=tmp_path, profile="openid", registration=registration
    )


def statement(**claims: Any) -> str:
    said = {"iss": VENDOR, **VOUCHED, **claims}
    return jwt.sign(KEY, {name: value for name, value in said.items() if value is not None})


def test_what_it_says_comes_before_what_the_client_says(registrar: Registrar) -> None:
    token = statement()
    registered = registrar.register(
        software_statement=token, client_name="Pretender", contacts=["a@rp.example"]
    )
    expected = {**VOUCHED, "contacts": ["a@rp.example"], "software_statement": token}
    assert {name: registered[name] for name in expected} == expected
    read = registrar.manage("GET", registered).json
    assert {name: read[name] for name in expected} == expected


@pytest.mark.spec("RFC7591-2.2")
def test_what_it_says_in_one_language_the_client_does_not_say_in_another(
    registrar: Registrar,
) -> None:
    own = {
        "client_name#ko": "사칭",
        "tos_uri#ko": "https://rp.example/t",
        "client_uri#ko": CALLBACK,
    }
    registered = registrar.register(software_statement=statement(), **own)
    assert {name: registered[name] for name in VOUCHED} == VOUCHED
    assert {name for name in registered if "#" in name} == {"client_uri#ko"}
    vouched = {"client_name": None, "client_name#ko": "노트"}
    registered = registrar.register(
        software_statement=statement(**vouched), client_name="Pretender"
    )
    assert (registered["client_name"], registered["client_name#ko"]) == ("노트", "노트")


def test_it_may_hold_everything_a_client_registers(registrar: Registrar) -> None:
    token = statement(redirect_uris=[CALLBACK], grant_types=["authorization_code"])
    answer = registrar.post({"software_statement": token})
    assert (answer.status, answer.json["redirect_uris"]) == (201, [CALLBACK])


def test_what_it_says_obeys_the_same_rules(registrar: Registrar) -> None:
    for claims, error in (
        ({"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri"),
        ({"client_name": 5}, "invalid_client_metadata"),
        ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
    ):
        refusal(registrar.post(metadata(software_statement=statement(**claims))), error)


def test_it_decides_nothing_that_is_ours_to_decide(registrar: Registrar) -> None:
    token = statement(client_id="chosen", policy={"consent": "implied"}, software_statement="x")
    registered = registrar.register(software_statement=token)
    assert registered["client_id"] != "chosen"
    assert registered["software_statement"] == token
    assert "policy" not in registered


@pytest.mark.parametrize("name", sorted(FORGERIES))
def test_a_forged_statement_is_refused(registrar: Registrar, name: str) -> None:
    (published,) = jwt.public_set(KEY)["keys"]
    forged = FORGERIES[name](statement(), published)
    answer = registrar.post(metadata(software_statement=forged))
    if answer.status == 413:
        assert len(forged) > 65536
        return
    refusal(answer, INVALID)


@pytest.mark.parametrize(
    "wrong", ["", "x", "a.b.c", "a.b", "a.b.c.d.e", 5, ["x"], {"iss": VENDOR}]
)
def test_what_is_no_statement_is_refused(registrar: Registrar, wrong: object) -> None:
    refusal(registrar.post(metadata(software_statement=wrong)), INVALID)


def test_a_statement_of_somebody_else_is_refused(registrar: Registrar) -> None:
    other = jwt.key_for("ES256", "other-key")
    said = {"iss": "https://other.example", **VOUCHED}
    strange = jwt.sign(other, said)
    refusal(registrar.post(metadata(software_statement=strange)), UNAPPROVED)
    pretended = jwt.sign(other, {**said, "iss": VENDOR})
    refusal(registrar.post(metadata(software_statement=pretended)), INVALID)


@pytest.mark.parametrize("claims", [{"iss": None}, {"iss": 5}, {"iss": [VENDOR]}, {"exp": "soon"}])
def test_a_statement_without_its_issuer_or_malformed_is_refused(
    registrar: Registrar, claims: dict[str, Any]
) -> None:
    refusal(registrar.post(metadata(software_statement=statement(**claims))), INVALID)


def test_a_statement_counts_in_its_time_only(registrar: Registrar, clock: SettableClock) -> None:
    now = clock.now()
    late = statement(exp=now + 100)
    assert registrar.post(metadata(software_statement=late)).status == 201
    refusal(registrar.post(metadata(software_statement=statement(nbf=now + 100))), INVALID)
    clock.advance(200)
    refusal(registrar.post(metadata(software_statement=late)), INVALID)


def test_a_statement_for_another_provider_is_refused(registrar: Registrar) -> None:
    for ours in (registrar.issuer, [registrar.issuer + "/register", "https://x.example"]):
        assert registrar.post(metadata(software_statement=statement(aud=ours))).status == 201
    for other in ("https://x.example", ["https://x.example"]):
        refusal(registrar.post(metadata(software_statement=statement(aud=other))), INVALID)


@pytest.mark.parametrize("required", [True], indirect=True)
def test_where_one_is_required_nobody_registers_without(registrar: Registrar) -> None:
    refusal(registrar.post(metadata()), INVALID)
    registered = registrar.register(software_statement=statement())
    sent = metadata(client_id=registered["client_id"])
    refusal(registrar.manage("PUT", registered, sent), INVALID)
    again = {**sent, "software_statement": statement(client_name="New name")}
    assert registrar.manage("PUT", registered, again).json["client_name"] == "New name"


def test_where_none_is_required_a_client_may_register_without(registrar: Registrar) -> None:
    assert "software_statement" not in registrar.register()


def test_a_key_set_that_can_not_be_read_approves_nothing(registrar: Registrar, file: Path) -> None:
    for broken in ("{", "[]", '{"keys": []}'):
        file.write_text(broken)
        refusal(registrar.post(metadata(software_statement=statement())), UNAPPROVED)
    file.unlink()
    refusal(registrar.post(metadata(software_statement=statement())), UNAPPROVED)


def test_the_key_set_is_replaced_without_a_restart(registrar: Registrar, file: Path) -> None:
    file.write_text(json.dumps(jwt.public_set(jwt.key_for("ES256", "new-key"))))
    refusal(registrar.post(metadata(software_statement=statement())), INVALID)
    file.write_text(json.dumps(jwt.public_set(KEY)))
    assert registrar.post(metadata(software_statement=statement())).status == 201
