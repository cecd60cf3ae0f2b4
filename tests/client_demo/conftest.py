"""The demo application and the demo API in this process, and the real provider behind a socket, as
they know it. The provider's clock starts at the real time: the demo has no injected one.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

import flask
import pytest
from werkzeug.serving import BaseWSGIServer, make_server

from client_demo import api as notes_api
from client_demo import app as fieldnotes
from client_demo.settings import ApiSettings
from client_demo.settings import Settings as DemoSettings
from provider.context import Provider
from provider.model.account import Account
from provider.settings import Settings
from provider.testing import template
from tests.client_demo.visitor import Visitor
from tests.conftest import make_settings
from tests.support import factories
from tests.support.browser import Browser
from tests.support.clock import SettableClock

APP = "http://localhost:8001"
API = "http://localhost:8002"
SCOPE = "openid profile email offline_access notes:read notes:write"


@dataclass
class Server:
    """A socket in front of an application that is put behind it later, and what was asked."""

    application: WSGIApplication | None = None
    asked: Counter[str] = field(default_factory=Counter)
    socket: BaseWSGIServer = field(init=False)
    is_out_of_order: bool = False

    def __post_init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.socket = make_server("127.0.0.1", 0, self._serve, threaded=True)
        threading.Thread(target=self.socket.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.socket.server_port}"

    def _serve(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        self.asked[environ["PATH_INFO"]] += 1
        if self.is_out_of_order or self.application is None:
            start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"out of order"]
        return self.application(environ, start_response)

    def close(self) -> None:
        self.socket.shutdown()
        self.socket.server_close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template_of_now") / "signet.sqlite"
    template.prepare(make_settings(f"sqlite:///{path}"), SettableClock(int(time.time()) - 3600))
    return path


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(int(time.time()))


@pytest.fixture
def provider_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, provider_server: Server) -> Settings:
    return make_settings(
        database_url,
        data_dir=tmp_path,
        issuer=provider_server.url,
        environment="demo",
        profile="openid",
    )


@pytest.fixture
def served(app: flask.Flask, provider_server: Server) -> Server:
    """The provider behind its socket."""
    provider_server.application = app
    return provider_server


@pytest.fixture
def api(served: Server, tmp_path: Path) -> Iterator[flask.Flask]:
    """The notes API."""
    built = notes_api.create_app(
        ApiSettings(issuer=served.url, resource=API, api_url=API, data=tmp_path / "api")
    )
    yield built
    built.extensions["verifier"].close()


@pytest.fixture
def api_server(api: flask.Flask) -> Iterator[Server]:
    server = Server(api)
    yield server
    server.close()


@pytest.fixture
def demo_settings(
    served: Server, api_server: Server, provider: Provider, tmp_path: Path
) -> DemoSettings:
    registered = factories.make_client(
        provider,
        client_name="Fieldnotes",
        redirect_uris=(f"{APP}/callback",),
        post_logout_redirect_uris=(f"{APP}/signed-out",),
        grant_types=("authorization_code", "refresh_token", "implicit"),
        response_types=("code", "code id_token"),
        scope=SCOPE,
        policy={"resources": (API,)},
    )
    return DemoSettings(
        issuer=served.url,
        client_id=registered.client.client_id,
        client_secret=registered.secret,
        base_url=APP,
        api_url=api_server.url,
        resource=API,
        data=tmp_path / "app",
        secret_key="a secret key of the demo application's",
    )


@pytest.fixture
def demo(demo_settings: DemoSettings) -> flask.Flask:
    """The demo application."""
    return fieldnotes.create_app(demo_settings)


@pytest.fixture
def visitor(demo: flask.Flask, app: flask.Flask, account: Account, provider: Provider) -> Visitor:
    """Somebody who has an account, with one browser."""
    assert account.username
    return Visitor(Browser(demo, APP), Browser(app, provider.issuer))


@pytest.fixture
def stranger(demo: flask.Flask, app: flask.Flask, provider: Provider) -> Visitor:
    """Somebody else, with an account and a browser of their own."""
    factories.make_account(provider, "stranger")
    browsers = Browser(demo, APP), Browser(app, provider.issuer)
    return Visitor(*browsers, username="stranger")
