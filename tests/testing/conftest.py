"""What an application would do with what the fixture `signet` gives it: over HTTP, with the keys
that are published at that moment."""

import json
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import pytest

from provider.testing.server import Server
from provider.testing.signet import Signet
from tests.support import jwt

Verify = Callable[[str], dict[str, Any]]


def get(url: str, headers: dict[str, str] | None = None) -> Any:
    """Return the JSON behind an address. Raises HTTPError."""
    with urlopen(Request(url, headers=headers or {}), timeout=5) as answer:  # noqa: S310
        return json.load(answer)


@pytest.fixture
def verified(signet: Signet) -> Verify:
    """Return the claims of a token, if a published key signed it."""
    return lambda token: jwt.verified(token, get(f"{signet.issuer}/jwks"))


@pytest.fixture
def receiving() -> SimpleQueue[str]:
    """The logout tokens that came in at `receiver_url`."""
    return SimpleQueue()


@pytest.fixture
def receiver_url(receiving: SimpleQueue[str]) -> Iterator[str]:
    """Where an application on this machine hears of logout, by plain http."""

    def receive(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        form = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
        receiving.put(form["logout_token"][0])
        start_response("204 No Content", [])
        return []

    server = Server()
    server.application = receive
    server.start()
    yield f"{server.url}/logout"
    server.stop()
