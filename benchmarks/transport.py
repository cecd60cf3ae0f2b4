"""How a scenario reaches a provider: over one kept-alive connection to a server, or straight
into a WSGI application, for profiles."""

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT = 10.0


class WrongAnswer(Exception):
    """An answer is not what the scenario asks for. No figure is worth anything then."""


@dataclass(frozen=True)
class Answer:
    """What came back. Header names are lower case."""

    what: str
    status: int
    headers: dict[str, str]
    body: bytes

    def require(self, condition: object, rule: str) -> None:
        if not condition:
            raise WrongAnswer(f"{self.what}: {rule}; {self.status} {self.body[:300]!r}")

    def document(self, status: int = 200) -> dict[str, Any]:
        """Return the JSON object of an answer that must have this status."""
        self.require(self.status == status, f"status {status} expected")
        kind = self.headers.get("content-type", "").partition(";")[0]
        self.require(kind == "application/json", "JSON expected")
        document = json.loads(self.body)
        self.require(isinstance(document, dict), "an object expected")
        return dict(document)


class Transport(Protocol):
    """Sends one request and returns the answer; follows nothing and adds nothing."""

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer: ...

    def close(self) -> None: ...


class KeptAlive:
    """One connection, kept for as long as the server keeps it."""

    def __init__(self, issuer: str) -> None:
        parts = urlsplit(issuer)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        target = url.removeprefix(self._origin)
        if not target.startswith("/"):
            raise ValueError(f"{url} is not at {self._origin}")
        self._connection.request(method, target, body or None, headers)
        response = self._connection.getresponse()
        fields = {name.lower(): value for name, value in response.getheaders()}
        what = f"{method} {target.partition('?')[0]}"
        return Answer(what, response.status, fields, response.read())

    def close(self) -> None:
        self._connection.close()


Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class InProcess:
    """Calls a WSGI application. `around` runs the call, so that only it is observed."""

    def __init__(
        self, app: Wsgi, around: Callable[[str, Callable[[], bytes]], bytes] | None = None
    ) -> None:
        self._app = app
        self._around = around or (lambda _what, call: call())

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        environ = _environ(method, url, headers, body)
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, fields: list[tuple[str, str]], _info: Any = None) -> None:
            started.append((status, fields))

        def call() -> bytes:
            return b"".join(self._app(environ, start_response))

        what = f"{method} {environ['PATH_INFO']}"
        received = self._around(what, call)
        status, fields = started[-1]
        found = {name.lower(): value for name, value in fields}
        return Answer(what, int(status.split()[0]), found, received)

    def close(self) -> None:
        """There is nothing to close."""


def _environ(method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    parts = urlsplit(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
