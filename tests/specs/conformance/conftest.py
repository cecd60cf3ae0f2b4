"""What a test of certification can ask for: the provider in the profile `certification`, a client
for one pass of a module, and a browser whose cookie jar is empty."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import flask
import pytest

from provider.model.account import Account
from provider.settings import Settings
from tests.specs.conformance.plans import CODE, Run, row_of, runs_of
from tests.specs.conformance.registrar import Registrar
from tests.specs.conformance.suite import CALLBACK, Module
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty

SETTINGS = {
    "profile": "certification",
    "test_issuer": True,
    "registration": {"mode": "open", "logo_check": "off"},
}
MakeModule = Callable[..., Module]
_RULE = re.compile(r"test_([ab]_\d+)_")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "run" in metafunc.fixturenames and "run" not in named:
        row = row_of(metafunc.function.__name__)
        runs = runs_of(row) if row else [Run(kind) for kind in CODE]
        metafunc.parametrize("run", runs, ids=str)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/specs/conformance/" not in item.nodeid:
            continue
        item.add_marker(pytest.mark.settings(**SETTINGS))
        name = getattr(item, "originalname", item.name)
        if (requirement := row_of(name) or _rule_of(name)) is not None:
            item.add_marker(pytest.mark.spec(f"OIDF-{requirement}"))


def _rule_of(name: str) -> str | None:
    found = _RULE.match(name)
    return found[1].replace("_", "-").upper() if found else None


@pytest.fixture
def registrar(app: flask.Flask, settings: Settings, clock: SettableClock) -> Iterator[Registrar]:
    """Where clients register themselves. Each is removed at the end, as certification does."""
    registrar = Registrar(app, settings.issuer, clock)
    yield registrar
    registrar.remove_all()


@pytest.fixture
def make_module(
    request: pytest.FixtureRequest,
    app: flask.Flask,
    settings: Settings,
    clock: SettableClock,
    account: Account,
    make_relying_party: Callable[..., RelyingParty],
) -> MakeModule:
    """Begin a pass of a module. `offline`: the client may have refresh tokens."""

    def make(run: Run, *, offline: bool = False, **metadata: Any) -> Module:
        grants = ["authorization_code"] if run.has_code else []
        if run.response_type != "code":
            grants.append("implicit")
        if offline:
            grants.append("refresh_token")
        wanted = {
            "redirect_uris": (CALLBACK,),
            "response_types": (run.response_type,),
            "grant_types": tuple(grants),
            **metadata,
        }
        if run.registers:
            party = request.getfixturevalue("registrar").party(**wanted)
        else:
            party = make_relying_party(use_pkce=False, asks="openid", **{"policy": {}, **wanted})
        return Module(party, run, Browser(app, settings.issuer), clock)

    return make


@pytest.fixture
def module(make_module: MakeModule, run: Run) -> Module:
    """A pass of a module with a client that has nothing special."""
    return make_module(run)
