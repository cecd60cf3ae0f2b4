"""How the examples run on their own: `ISSUER=… AUDIENCE=… PORT=… python -m
tests.resource_server.examples.flask_api`. In production a real server stands in this place."""

import os
from typing import Any
from wsgiref.simple_server import make_server

from provider.resource_server import AsyncVerifier, Verifier


def verifier() -> Verifier:
    """Return the verifier that the environment describes."""
    return Verifier(os.environ["ISSUER"], os.environ["AUDIENCE"])


def async_verifier() -> AsyncVerifier:
    """Return the same for asyncio."""
    return AsyncVerifier(os.environ["ISSUER"], os.environ["AUDIENCE"])


def serve_wsgi(application: Any) -> None:
    """Serve until the process ends."""
    make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()


def serve_asgi(application: Any) -> None:
    """Serve until the process ends."""
    import uvicorn

    uvicorn.run(application, port=int(os.environ["PORT"]), log_level="warning")
