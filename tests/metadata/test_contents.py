"""Discovery is the table of contents of the source: each value it lists has its file, and each
file of a room has its value. And every file on the protocol floor says which specification it
is about."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.factories import RESPONSE_TYPES
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.settings(profile="openid", registration={"mode": "open"})
"""The profile in which everything is on."""

ROOT = Path(__file__).parents[2]
PROVIDER = ROOT / "provider"
SUPPORT = {
    "claims": {"subject", "custom"},
    "client_auth": {"assertion"},
    "endpoints": {"metadata", "client_configuration"},
    "grants": {"authorizing", "issuing", "hybrid", "none"},
    "authenticators": {"throttle", "guessable"},
}
"""Files of a room that are no value of their own."""

ROOMS = {
    "grants": "grant_types_supported",
    "client_auth": "token_endpoint_auth_methods_supported",
    "response_modes": "response_modes_supported",
}
PROTOCOL_FLOOR = (
    "endpoints", "authorization", "grants", "client_auth", "response_modes", "authenticators",
    "logout", "credentials", "claims",
)  # fmt: skip
SPECIFICATION = re.compile(
    r"RFC \d{4,5}|OpenID Connect (?:Core|Discovery)|SP 800-63B"
    r"|OpenID\sConnect\s(?:RP-Initiated|Front-Channel|Back-Channel)\sLogout"
    r"|OpenID\sConnect\sSession\sManagement"
    r"|Form Post Response Mode|Multiple Response Type|Initiating User Registration"
    r"|draft-ietf-[a-z-]+-\d\d"
)


def files(room: str) -> set[str]:
    found = {path.stem for path in (PROVIDER / room).glob("*.py")} - {"__init__"}
    return found - SUPPORT.get(room, set())


@pytest.fixture
def metadata(relying_party: RelyingParty) -> dict[str, Any]:
    return relying_party.metadata


@pytest.mark.parametrize("room", ROOMS)
def test_each_value_has_its_file_and_each_file_its_value(
    metadata: dict[str, Any], room: str
) -> None:
    assert set(metadata[ROOMS[room]]) == files(room)


def test_each_endpoint_has_its_file_and_each_file_its_endpoint(metadata: dict[str, Any]) -> None:
    ends = ("_endpoint", "_iframe")
    named = {name.removesuffix("_endpoint") for name in metadata if name.endswith(ends)}
    by_address = {"jwks", "status_list"}  # named by jwks_uri, and by tokens
    assert named | by_address == files("endpoints")
    assert "jwks_uri" in metadata


def test_each_scope_of_openid_connect_has_its_file(metadata: dict[str, Any]) -> None:
    apis = {"notes:read", "notes:write"}
    assert set(metadata["scopes_supported"]) - apis == files("claims")


def test_each_authentication_context_has_its_authenticator(metadata: dict[str, Any]) -> None:
    named = {value.rpartition(":")[2] for value in metadata["acr_values_supported"]}
    assert named == files("authenticators")


def test_subject_types_and_response_types_are_those_with_code(metadata: dict[str, Any]) -> None:
    assert (PROVIDER / "claims" / "subject.py").exists()
    assert metadata["subject_types_supported"] == ["public", "pairwise"]
    assert set(metadata["response_types_supported"]) == set(RESPONSE_TYPES)


@pytest.mark.settings(profile="oauth21")
def test_only_the_code_is_a_response_type_of_oauth_2_1(metadata: dict[str, Any]) -> None:
    assert metadata["response_types_supported"] == ["code"]
    assert metadata["response_modes_supported"] == ["query", "form_post"]
    assert "implicit" not in metadata["grant_types_supported"]


def protocol_files() -> list[Path]:
    return [
        path
        for room in PROTOCOL_FLOOR
        for path in sorted((PROVIDER / room).glob("*.py"))
        if path.stem != "__init__"
    ]


@pytest.mark.parametrize("path", protocol_files(), ids=lambda one: f"{one.parent.name}/{one.name}")
def test_every_file_on_the_protocol_floor_cites_its_specification(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert SPECIFICATION.search(" ".join(said.split()))


def test_the_floors_are_kept() -> None:
    """Import contracts, as `pyproject.toml` states them."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "0 broken" in ran.stdout
