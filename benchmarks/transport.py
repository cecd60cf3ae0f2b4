"""How a scenario reaches a provider: over one kept-alive connection to a server, or straight
into a WSGI application, for profiles."""

import io
import json
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT = 10.0
PAUSE = 3.0
JSON = ("application/json", "application/jwk-set+json")


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
        self.require(kind in JSON, "JSON expected")
        document = json.loads(self.body)
        self.require(isinstance(document, dict), "an object expected")
        return dict(document)


class Transport(Protocol):
    """Sends one request and returns the answer; follows nothing and adds nothing."""

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer: ...

    def close(self) -> None: ...


class KeptAlive:
    """One connection, kept while it is used; after a pause a new one, because a server may close
    what lies idle. As plain as can be, so that the server is what there is to wait for."""

    def __init__(self, issuer: str) -> None:
        parts = urlsplit(issuer)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._address = parts.hostname or "", parts.port
        self._host = f"Host: {parts.netloc}\r\n"
        self._line: socket.socket | None = None
        self._used_at = 0.0

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        target = url.removeprefix(self._origin)
        if not target.startswith("/"):
            raise ValueError(f"{url} is not at {self._origin}")
        line = self._connected()
        line.sendall(self._head(method, target, headers, len(body)) + body)
        head, rest = _until(line, b"", b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        received = dict(_field(one) for one in fields)
        self._used_at = time.monotonic()
        return Answer(
            f"{method} {target.partition('?')[0]}",
            int(status.split(" ", 2)[1]),
            received,
            _body(line, received, rest),
        )

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _connected(self) -> socket.socket:
        if time.monotonic() - self._used_at > PAUSE:
            self.close()
        if self._line is None:
            self._line = socket.create_connection(self._address, TIMEOUT)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._line

    def _head(self, method: str, target: str, headers: dict[str, str], length: int) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        size = f"Content-Length: {length}\r\n" if length else ""
        return f"{method} {target} HTTP/1.1\r\n{self._host}{lines}{size}\r\n".encode("latin-1")


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


def _body(line: socket.socket, headers: dict[str, str], rest: bytes) -> bytes:
    """Read the body that the headers announce; `rest` is what came with them."""
    if headers.get("transfer-encoding") == "chunked":
        whole = b""
        while True:
            size, rest = _until(line, rest, b"\r\n")
            chunk, rest = _exactly(line, rest, int(size, 16) + 2)
            if len(chunk) == 2:
                return whole
            whole += chunk[:-2]
    return _exactly(line, rest, int(headers.get("content-length", "0")))[0]


def _until(line: socket.socket, read: bytes, mark: bytes) -> tuple[bytes, bytes]:
    while mark not in read:
        read += _more(line)
    found, _, rest = read.partition(mark)
    return found, rest


def _exactly(line: socket.socket, read: bytes, length: int) -> tuple[bytes, bytes]:
    while len(read) < length:
        read += _more(line)
    return read[:length], read[length:]


def _more(line: socket.socket) -> bytes:
    read = line.recv(65536)
    if not read:
        raise ConnectionError("the server closed the connection in the middle of an answer")
    return read


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
