"""An API without a framework, behind one layer for each kind of access (PEP 3333)."""

import json
from collections.abc import Iterable
from typing import Any

from provider.resource_server import Verifier, require
from provider.resource_server.wsgi import ACCESS_TOKEN, Application, Environ, Protected
from tests.resource_server.examples import running


def subject(environ: Environ, start_response: Any) -> Iterable[bytes]:
    """Say whom the token stands for."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"subject": environ[ACCESS_TOKEN].subject}).encode()]


def create_app(verifier: Verifier) -> Application:
    """Return the API."""
    notes = Protected(subject, verifier, require("notes:read"), scopes_supported=["notes:read"])
    account = Protected(subject, verifier, require(acr="urn:example:two-factors", max_age=300))

    def application(environ: Environ, start_response: Any) -> Iterable[bytes]:
        chosen = account if environ["PATH_INFO"] == "/account" else notes
        return chosen(environ, start_response)

    return application


if __name__ == "__main__":
    running.serve_wsgi(create_app(running.verifier()))
