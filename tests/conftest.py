"""What every test can ask for: a provider of its own on a migrated database, a clock that stands
still, clients, an account and a browser. A database is a copy of a template that is migrated and
given its keys once per test process, so a test costs milliseconds.

Markers: `settings(profile="openid", …)` builds the provider with other settings; `counted_entropy`
makes its random bytes the same in every run; `both_databases` repeats a test on PostgreSQL.
"""

import logging
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import flask
import pytest
import structlog
from sqlalchemy import event

from provider.ambient import Entropy, SystemEntropy
from provider.app import create_app
from provider.context import Provider
from provider.model.account import Account
from provider.settings import Settings
from provider.testing import template
from tests.support import factories
from tests.support.browser import Browser
from tests.support.clock import CountingEntropy, SettableClock
from tests.support.registering import Registrar
from tests.support.relying_party import RelyingParty

pytest_plugins = [
    "pytester",
    "tests.support.chromium",
    "tests.support.postgres",
    "tests.support.site",
    "tests.support.availability",
    "tests.support.specs",
]

ISSUER = "https://op.example"
SECRET_KEY = "c2lnbmV0IHRlc3RzIHJ1biB1bmRlciB0aGlzIG1hc3RlciBrZXku"
SCOPES = {"notes:read": "Read your notes", "notes:write": "Change your notes"}


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "settings(**values): build the provider of this test with these settings",
        "counted_entropy: the same random bytes in every run",
        "both_databases: run on SQLite and on PostgreSQL",
    ):
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_databases"):
        postgresql = pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))
        metafunc.parametrize("database_kind", ["sqlite", postgresql], indirect=True)


def make_settings(database_url: str, **values: Any) -> Settings:
    """Return settings as a test would have them."""
    defaults = {"issuer": ISSUER, "secret_key": SECRET_KEY, "scopes": SCOPES}
    return Settings(**{**defaults, "database_url": database_url, **values})


def prepare_database(url: str) -> None:
    """Migrate an empty database and make its keys."""
    template.prepare(make_settings(url), SettableClock())


@pytest.fixture(autouse=True)
def logs_restored() -> Iterator[None]:
    """Commands and tests configure logs, for the whole process: nothing of it outlives a test."""
    root, authlib = logging.getLogger(), logging.getLogger("authlib")
    handlers, level, pinned = root.handlers[:], root.level, authlib.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    authlib.setLevel(pinned)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "signet.sqlite"
    prepare_database(f"sqlite:///{path}")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return path


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def database_url(
    database_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The URL of a migrated database with keys, for this test alone."""
    if database_kind == "sqlite":
        path = tmp_path / "signet.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    url = server.create_database(prepare_database)
    yield url
    server.drop_database(url)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def entropy(request: pytest.FixtureRequest) -> Entropy:
    counted = request.node.get_closest_marker("counted_entropy")
    return CountingEntropy() if counted else SystemEntropy()


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Settings:
    values: dict[str, Any] = {"data_dir": tmp_path}
    if "site" in request.fixturenames:
        site = request.getfixturevalue("site")
        values["outgoing"] = {"allow_hosts": [site.host], "ca_file": site.ca_file, "timeout": 2}
    for marker in reversed(list(request.node.iter_markers("settings"))):
        values |= marker.kwargs
    return make_settings(database_url, **values)


@pytest.fixture
def app(settings: Settings, clock: SettableClock, entropy: Entropy) -> Iterator[flask.Flask]:
    """The application, as a WSGI server runs it."""
    built = create_app(settings, clock=clock, entropy=entropy)
    engine = built.extensions["signet"].engine
    if settings.uses_sqlite:
        event.listen(engine, "connect", _without_waiting_for_the_disk)
    yield built
    engine.dispose()


def _without_waiting_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    """Trade durability for speed, as the throw-away PostgreSQL does."""
    connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture
def provider(app: flask.Flask) -> Provider:
    """The assembled provider, to arrange data through its store."""
    found = app.extensions["signet"]
    assert isinstance(found, Provider)
    return found


@pytest.fixture
def account(provider: Provider) -> Account:
    """A person's account: username `tester`, every standard claim."""
    return factories.make_account(provider)


@pytest.fixture
def make_account(provider: Provider) -> Callable[..., Account]:
    """Add an account with this username, and the password of all tests."""
    return partial(factories.make_account, provider)


@pytest.fixture
def make_relying_party(
    app: flask.Flask, provider: Provider, clock: SettableClock
) -> Callable[..., RelyingParty]:
    """Register a client with the given metadata and return the relying party that is it."""
    return partial(factories.make_relying_party, app, provider, clock)


@pytest.fixture
def relying_party(make_relying_party: Callable[..., RelyingParty]) -> RelyingParty:
    """A confidential client with `client_secret_basic`."""
    return make_relying_party()


@pytest.fixture
def public_party(make_relying_party: Callable[..., RelyingParty]) -> RelyingParty:
    """A public client: a browser application with an https redirect URI."""
    return make_relying_party(**factories.public())


@pytest.fixture
def registrar(app: flask.Flask, settings: Settings) -> Registrar:
    """An application that registers itself; the settings must let it."""
    return Registrar(app, settings.issuer)


@pytest.fixture
def user_agent(app: flask.Flask, settings: Settings) -> Browser:
    """A browser that has never been here."""
    return Browser(app, settings.issuer)


@pytest.fixture
def signed_in(provider: Provider, user_agent: Browser, account: Account) -> Browser:
    """A browser with a live session of `account`, without having met the sign-in page."""
    factories.already_signed_in(provider, user_agent, account)
    return user_agent
