"""OpenID Connect Core §5.1.2: claims of the operator's own, from a function per scope."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from provider.settings import check_serving
from tests.conftest import SCOPES, make_settings
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

HERE = __name__
SCOPE = "openid notes:read"


def hook(function: str, *claims: str) -> dict[str, Any]:
    return {"notes:read": {"function": f"{HERE}:{function}", "claims": claims}}


def departments(account: dict[str, Any]) -> dict[str, Any]:
    assert set(account) == {"id", "username", "email", "claims"}
    account["claims"]["name"] = "changed by the function"
    return {"department": "of " + account["username"], "badge": None, "undeclared": 1, "sub": "x"}


def told_of_client(account: dict[str, Any], client: dict[str, Any]) -> dict[str, Any]:
    asking = dict(client)
    client["client_name"] = "changed by the function"
    return {"department": {"of": account["username"], "asking": asking}}


def told_by_name(account: dict[str, Any], *, client: dict[str, Any]) -> dict[str, Any]:
    return told_of_client(account, client)


def with_another_parameter(account: dict[str, Any], known: int = 3) -> dict[str, Any]:
    return {"department": known}


def client_comes_first(client: dict[str, Any]) -> dict[str, Any]:
    return {"department": client["username"]}


def broken(account: dict[str, Any]) -> dict[str, Any]:
    raise LookupError(account["username"])


def unwritable(account: dict[str, Any]) -> dict[str, Any]:
    return {"department": {account["username"]}}


def nothing(account: dict[str, Any]) -> None:
    del account


@pytest.mark.spec("OIDCC-5.1.2", "OIDCD-3")
@pytest.mark.settings(claims_hooks=hook("departments", "department", "badge"))
def test_the_function_gives_the_declared_claims_and_no_other(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope=SCOPE + " profile")
    claims = relying_party.userinfo(tokens)
    assert claims["department"] == "of tester"
    assert claims["sub"] == tokens.claims["sub"]
    assert claims["name"] == "Test Account"
    assert not {"badge", "undeclared"} & set(claims)
    assert "department" not in tokens.claims
    assert {"department", "badge"} <= set(relying_party.metadata["claims_supported"])
    assert relying_party.metadata["scopes_supported"].count("notes:read") == 1


@pytest.mark.spec("OIDCC-5.1.2", "OIDCC-5.5")
@pytest.mark.settings(claims_hooks=hook("departments", "department"))
def test_such_a_claim_is_there_for_its_scope_or_by_name_only(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid")
    assert "department" not in relying_party.userinfo(tokens)
    wish = json.dumps({"id_token": {"department": None}})
    tokens = relying_party.sign_in(signed_in, scope="openid", claims=wish)
    assert tokens.claims["department"] == "of tester"


@pytest.mark.spec("OIDCC-5.1.2")
@pytest.mark.parametrize(
    "function",
    [
        pytest.param(name, marks=pytest.mark.settings(claims_hooks=hook(name, "department")))
        for name in ("told_of_client", "told_by_name")
    ],
)
def test_a_function_that_asks_for_the_client_is_told_which_one_asks(
    make_relying_party: MakeParty, signed_in: Browser, function: str
) -> None:
    for party in (make_relying_party(), make_relying_party()):
        wish = json.dumps({"id_token": {"department": None}})
        tokens = party.sign_in(signed_in, scope=SCOPE, claims=wish)
        for claims in (tokens.claims, party.userinfo(tokens)):
            told = claims["department"]
            assert told["of"] == "tester"
            assert set(told["asking"]) == {"client_id", "client_name"}
            assert told["asking"]["client_id"] == party.client_id
            assert told["asking"]["client_name"] != "changed by the function"


@pytest.mark.spec("OIDCC-5.1.2")
@pytest.mark.parametrize(
    ("function", "department"),
    [
        pytest.param(
            name, value, marks=pytest.mark.settings(claims_hooks=hook(name, "department"))
        )
        for name, value in (("with_another_parameter", 3), ("client_comes_first", "tester"))
    ],
)
def test_a_function_that_does_not_ask_for_the_client_is_called_with_the_account_alone(
    relying_party: RelyingParty, signed_in: Browser, function: str, department: object
) -> None:
    tokens = relying_party.sign_in(signed_in, scope=SCOPE)
    assert relying_party.userinfo(tokens)["department"] == department


@pytest.mark.spec("OIDCC-5.3.2")
@pytest.mark.parametrize(
    "function",
    [
        pytest.param(name, marks=pytest.mark.settings(claims_hooks=hook(name, "department")))
        for name in ("broken", "unwritable", "nothing", "absent")
    ],
)
def test_a_function_that_fails_costs_its_claims_and_not_the_sign_in(
    relying_party: RelyingParty, signed_in: Browser, function: str
) -> None:
    tokens = relying_party.sign_in(signed_in, scope=SCOPE + " email")
    claims = relying_party.userinfo(tokens)
    assert "department" not in claims
    assert claims["email"]


@pytest.mark.parametrize(
    ("function", "says"),
    [(f"{HERE}:absent", "has no function absent"), ("no.such.module:f", "ModuleNotFoundError")],
)
def test_a_server_does_not_start_with_a_function_that_is_not_there(
    function: str, says: str
) -> None:
    hooks = {"notes:read": {"function": function, "claims": ("department",)}}
    problems = check_serving(make_settings("sqlite:///x", claims_hooks=hooks), {})
    assert [says in problem.what for problem in problems] == [True]
    sound = make_settings("sqlite:///x", claims_hooks=hook("departments", "department"))
    assert check_serving(sound, {}) == []


@pytest.mark.parametrize(
    "hooks",
    [
        hook("departments", "sub"),
        hook("departments", "email"),
        hook("departments", "a claim"),
        hook("departments"),
        {"notes:read": {"function": "os.system", "claims": ("a",)}},
        {"unknown": {"function": "a:b", "claims": ("a",)}},
        {name: {"function": "a:b", "claims": ("a",)} for name in SCOPES},
    ],
)
def test_settings_name_neither_defined_claims_nor_unknown_scopes(hooks: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="claims_hooks"):
        make_settings("sqlite:///x", claims_hooks=hooks)
