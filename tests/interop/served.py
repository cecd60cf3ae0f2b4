"""A provider that answers on a port of this machine, in the real time of the libraries that talk
to it; tests register clients and accounts through its store."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.serving import WSGIRequestHandler, make_server

from provider.ambient import SystemClock
from provider.app import create_app
from provider.context import Provider
from provider.testing import template
from tests.conftest import make_settings
from tests.support import factories
from tests.support.browser import Browser
from tests.support.factories import Registered


class _Quiet(WSGIRequestHandler):
    """HTTP/1.1, and nothing said about each request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        del type, message, args


@dataclass(frozen=True)
class Served:
    """A provider behind an address."""

    provider: Provider
    app: WSGIApplication

    @property
    def issuer(self) -> str:
        return self.provider.issuer

    def register(self, **changes: Any) -> Registered:
        """Register a confidential client; its consent is asked each first time."""
        return factories.make_client(self.provider, **changes)

    def browser(self, username: str) -> Browser:
        """Open a browser in which this person signs in where asked, and agrees."""
        browser = Browser(self.app, self.issuer)
        browser.visit(f"{self.issuer}/account/login").sign_in(username, factories.PASSWORD)
        return browser

    def person(self) -> str:
        """Make an account of its own. Return its name; the password is that of all tests."""
        name = f"person-{self.provider.entropy.token_bytes(6).hex()}"
        factories.make_account(self.provider, name)
        return name


@contextmanager
def serving(folder: Path, **values: Any) -> Iterator[Served]:
    """Serve a new provider with these settings on a free port of localhost."""
    url = f"sqlite:///{folder}/signet.sqlite"
    placeholder = make_server("localhost", 0, lambda *_: [], threaded=True)
    port = placeholder.server_port
    placeholder.server_close()
    settings = make_settings(url, issuer=f"http://localhost:{port}", data_dir=folder, **values)
    template.prepare(settings, SystemClock())
    app = create_app(settings)
    provider = app.extensions["signet"]
    assert isinstance(provider, Provider)
    server = make_server("localhost", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(provider, app)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        provider.engine.dispose()
