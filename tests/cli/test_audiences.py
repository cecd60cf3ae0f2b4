"""`signet audience`: what APIs want of their tokens."""

import json
from typing import Any

import pytest

from tests.cli.processes import Signet
from tests.support import jwt
from tests.support.arrival import MakeParty
from tests.support.clock import SettableClock
from tests.support.factories import API

NOTHING = {
    "identifier": API, "signing_alg": None, "access_token_lifetime": None, "status_list": None,
    "scopes": None, "token_format": None,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNET_SCOPES", json.dumps({"notes:read": "Read your notes"}))


def shown(operator: Signet) -> dict[str, Any]:
    return dict(json.loads(operator("audience", "show", API, "--json").output))


def test_a_record_is_added_changed_and_removed(operator: Signet) -> None:
    assert "No API has wishes" in operator("audience", "list").output
    assert operator("audience", "add", API).exit_code == 0
    assert shown(operator) == NOTHING
    wishes = (
        *("--alg", "RS256", "--lifetime", "5m", "--status-list", "off"),
        *("--scopes", "notes:read", "--token-format", "opaque"),
    )
    assert operator("audience", "change", API, *wishes).exit_code == 0
    assert shown(operator) == {
        "identifier": API, "signing_alg": "RS256", "access_token_lifetime": 300,
        "status_list": False, "scopes": ["notes:read"], "token_format": "opaque",
    }  # fmt: skip
    assert operator("audience", "change", API, "--alg", "default").exit_code == 0
    assert shown(operator)["signing_alg"] is None
    assert shown(operator)["access_token_lifetime"] == 300
    assert json.loads(operator("audience", "list", "--json").output) == [shown(operator)]
    for command in ("list", "show"):
        named = () if command == "list" else (API,)
        assert "off" in operator("audience", command, *named).output
    assert operator("audience", "remove", API).exit_code == 0
    assert operator("audience", "show", API).exit_code == 1


def test_tokens_follow_it_a_second_later(
    operator: Signet, make_relying_party: MakeParty, clock: SettableClock
) -> None:
    party = make_relying_party(policy={"resources": (API,)})
    party.client_credentials(resource=API)
    assert operator("audience", "add", API, "--lifetime", "2m", "--alg", "ES384").exit_code == 0
    clock.advance(1)
    tokens = party.client_credentials(resource=API)
    assert tokens.body["expires_in"] == 120
    assert jwt.header_of(tokens.access_token)["alg"] == "ES384"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((API, "--alg", "HS256"), "there is no key for HS256"),
        ((API, "--alg", "none"), "there is no key for none"),
        ((API, "--lifetime", "59s"), "from a minute to a day"),
        ((API, "--lifetime", "25h"), "from a minute to a day"),
        ((API, "--lifetime", "soon"), "write seconds"),
        ((API, "--scopes", "notes:read notes:burn"), "notes:burn is not described"),
        ((API, "--scopes", "openid"), "openid is not described"),
        (("notes",), "not an absolute URI"),
        ((API + "#part",), "not an absolute URI"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    operator: Signet, arguments: tuple[str, ...], words: str
) -> None:
    said = operator("audience", "add", *arguments)
    assert said.exit_code == 1
    assert words in said.stderr
    assert said.stderr.count("\n") == 1
    assert operator("audience", "show", API).exit_code == 1


@pytest.mark.parametrize(
    "arguments", [("--status-list", "maybe"), ("--token-format", "saml"), ("--colour", "red")]
)
def test_an_unknown_wish_is_a_wrong_call(operator: Signet, arguments: tuple[str, ...]) -> None:
    assert operator("audience", "add", API, *arguments).exit_code == 2


def test_a_record_is_added_once(operator: Signet) -> None:
    assert operator("audience", "add", API).exit_code == 0
    assert "has a record" in operator("audience", "add", API).stderr


def test_one_whose_tokens_can_not_be_signed_any_more_is_named_by_check(
    operator: Signet, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert operator("audience", "add", API, "--alg", "ES384").exit_code == 0
    assert "wants ES384" not in operator("check").output
    monkeypatch.setenv("SIGNET_KEYS__ID_TOKEN_ALGORITHMS", "RS256")
    said = operator("check")
    assert said.exit_code == 1
    assert f"{API}: wants ES384" in said.output


@pytest.mark.parametrize("command", ["show", "change", "remove"])
def test_what_has_no_record_can_not_be_changed(operator: Signet, command: str) -> None:
    said = operator("audience", command, API)
    assert (said.exit_code, "has no record" in said.stderr) == (1, True)
