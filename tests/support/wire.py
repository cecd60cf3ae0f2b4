"""One HTTP exchange with the application under test, at the level of WSGI: what goes in is a
method, an absolute URL, headers and bytes; what comes out is an `Answer`. Nothing is added and
nothing followed, so a malformed request arrives as it was written. Every answer is held to what
no answer may break (`tests.support.expectations`).
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode, urlsplit
from wsgiref.types import WSGIApplication

from tests.support.expectations import hold

FORM = "application/x-www-form-urlencoded"
Fields = Mapping[str, str | Sequence[str] | None] | Sequence[tuple[str, str]]
"""Parameters: None leaves one out, a list repeats it."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    url: str
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header that may stand once."""
        values = self.headers(name)
        assert len(values) <= 1, f"{name} is sent {len(values)} times"
        return values[0] if values else None

    def headers(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.fields if key.lower() == name.lower()]

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    @cached_property
    def json(self) -> dict[str, Any]:
        """The JSON object in the body; no member may stand twice, and NaN is not JSON."""
        assert self.content_type == "application/json", f"{self.content_type}: {self.body[:200]!r}"
        document = json.loads(self.body, object_pairs_hook=_once, parse_constant=_refuse)
        assert isinstance(document, dict)
        return document

    @property
    def is_no_store(self) -> bool:
        """Whether no cache may keep it."""
        directives = (self.header("Cache-Control") or "").lower().split(",")
        return "no-store" in (directive.strip() for directive in directives)


def send(
    app: WSGIApplication,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    address: str = "203.0.113.7",
) -> Answer:
    """Send one request and return the answer."""
    parts = urlsplit(url)
    errors = io.StringIO()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or {"https": 443, "http": 80}[parts.scheme]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "REMOTE_ADDR": address,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": errors,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items() if isinstance(headers, Mapping) else headers:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        if key in environ and key not in ("CONTENT_LENGTH", "HTTP_HOST"):
            value = f"{environ[key]},{value}"
        environ[key] = value
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, fields: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started.append((status, fields))
        return lambda _data: None

    chunks = app(environ, start_response)
    try:
        received = b"".join(chunks)
    finally:
        if (close := getattr(chunks, "close", None)) is not None:
            close()
    status, fields = started[-1]
    answer = Answer(url, int(status.split()[0]), tuple(fields), received)
    hold(method, answer.status, answer.fields, received, errors.getvalue())
    return answer


def get(app: WSGIApplication, url: str, **options: Any) -> Answer:
    """Send a GET."""
    return send(app, "GET", url, **options)


def post(
    app: WSGIApplication,
    url: str,
    fields: Fields,
    *,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> Answer:
    """Send a form."""
    sent = {"Content-Type": FORM, **(headers or {})}
    return send(app, "POST", url, headers=sent, body=encode(fields).encode(), **options)


def encode(fields: Fields) -> str:
    """Return parameters in the form encoding."""
    return urlencode(pairs(fields))


def pairs(fields: Fields) -> list[tuple[str, str]]:
    """Return parameters one by one."""
    if not isinstance(fields, Mapping):
        return list(fields)
    found: list[tuple[str, str]] = []
    for name, value in fields.items():
        if isinstance(value, str):
            found.append((name, value))
        elif value is not None:
            found.extend((name, each) for each in value)
    return found


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in members]
    assert len(names) == len(set(names)), f"a member stands twice: {names}"
    return dict(members)


def _refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is not JSON")
