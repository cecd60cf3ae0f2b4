"""APIs behind ports of this machine, WSGI and ASGI alike, and what they answer."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from provider.testing.server import Server
from tests.support.wire import Answer


@contextmanager
def serving_wsgi(application: Any) -> Iterator[str]:
    """Serve until the block ends. Yields the address."""
    server = Server()
    server.application = application
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def serving_asgi(application: Any) -> Iterator[str]:
    """Serve until the block ends. Yields the address; who comes early waits in the queue."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, lifespan="off", log_level="critical", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def ask(
    url: str,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    *,
    method: str = "GET",
    timeout: float = 10,
) -> Answer:
    """Send one request to an address and return the answer."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
    try:
        fields = list(headers.items() if isinstance(headers, Mapping) else headers)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.putrequest(method, target, skip_host=any(name == "Host" for name, _ in fields))
        for name, value in fields:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return Answer(url, answer.status, tuple(answer.getheaders()), answer.read())
    finally:
        connection.close()
