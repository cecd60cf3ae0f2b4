"""An API without a framework, behind one layer for each kind of access (ASGI 3)."""

import json

from provider.resource_server import AsyncVerifier, require
from provider.resource_server.asgi import (
    ACCESS_TOKEN,
    Application,
    Protected,
    Receive,
    Scope,
    Send,
)
from tests.resource_server.examples import running


async def subject(scope: Scope, receive: Receive, send: Send) -> None:
    """Say whom the token stands for."""
    del receive
    body = json.dumps({"subject": scope[ACCESS_TOKEN].subject}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def create_app(verifier: AsyncVerifier) -> Application:
    """Return the API."""
    notes = Protected(subject, verifier, require("notes:read"), scopes_supported=["notes:read"])
    account = Protected(subject, verifier, require(acr="urn:example:two-factors", max_age=300))

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = account if scope.get("path") == "/account" else notes
        await chosen(scope, receive, send)

    return application


if __name__ == "__main__":
    running.serve_asgi(create_app(running.async_verifier()))
