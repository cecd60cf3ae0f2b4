"""An issuer of a few dozen lines on loopback: discovery, keys, status lists, introspection, each
counted, each as wrong as a test wants it. It shares nothing with the provider or with the kit.
"""

import json
import threading
import zlib
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Self
from urllib.parse import parse_qs

from joserfc.jwk import Key

from tests.support import jwt
from tests.support.clock import SettableClock

Answer = tuple[int, dict[str, str], bytes]
NOTES = "https://notes.example"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def server_bind(self) -> None:
        """Bind without asking the name service who this machine is."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]


class TinyIssuer:
    """Serves what its attributes say at the moment of the request."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.asked: Counter[str] = Counter()
        self.forms: list[dict[str, list[str]]] = []
        self.credentials: list[str] = []
        self.keys: list[Key] = [jwt.key_for("ES256", "tiny")]
        self.key_headers: dict[str, str] = {"Cache-Control": "max-age=300", "ETag": '"1"'}
        self.metadata: dict[str, Any] = {}
        self.statuses: dict[int, int] = {}
        self.bits, self.size, self.ttl, self.life = 2, 64, 5, 3600
        self.list_claims: dict[str, Any] = {}
        self.list_header: dict[str, Any] = {}
        self.list_key: Key | None = None
        self.introspected: dict[str, Any] = {"active": False}
        self.override: dict[str, Callable[[], Answer]] = {}
        self._server: _Server | None = None
        self.port = 0

    @property
    def name(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def list_uri(self) -> str:
        return f"{self.name}/status-lists/1"

    def token(self, *, key: Key | None = None, index: int | None = 3, **changes: Any) -> str:
        """Return an access token; a claim given as None is left out, `header` changes that."""
        now = self.clock.now()
        header = {"typ": "at+jwt", **changes.pop("header", {})}
        claims: dict[str, Any] = {
            "iss": self.name,
            "sub": "alex",
            "aud": NOTES,
            "client_id": "notebook",
            "iat": now,
            "exp": now + 600,
            "jti": "a1",
            "scope": "notes:read notes:write",
        }
        if index is not None:
            claims["status"] = {"status_list": {"idx": index, "uri": self.list_uri}}
        claims |= changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.sign(key or self.keys[0], kept, **header)

    def status_list(self) -> str:
        """Return the status list token as it would be served now."""
        per_byte = 8 // self.bits
        content = bytearray(self.size // per_byte)
        for index, status in self.statuses.items():
            content[index // per_byte] |= status << index % per_byte * self.bits
        now = self.clock.now()
        claims = {
            "sub": self.list_uri,
            "iat": now,
            "exp": now + self.life,
            "ttl": self.ttl,
            "status_list": {"bits": self.bits, "lst": jwt.encode(zlib.compress(bytes(content)))},
            **self.list_claims,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"typ": "statuslist+jwt", **self.list_header}
        return jwt.sign(self.list_key or self.keys[0], kept, **header)

    def start(self, port: int = 0) -> Self:
        """Listen, at a free port or again at the one it had."""
        self._server = _Server(("127.0.0.1", port), self._handler())
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Go away: connections are refused from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def restart(self) -> None:
        """Come back at the same address."""
        self.start(self.port)

    def answer(self, path: str, etag: str | None) -> Answer:
        """Return the answer to a GET."""
        self.asked[path] += 1
        if path in self.override:
            return self.override[path]()
        if path == "/.well-known/oauth-authorization-server":
            document = {
                "issuer": self.name,
                "jwks_uri": f"{self.name}/jwks",
                "introspection_endpoint": f"{self.name}/introspect",
                "status_list_aggregation_endpoint": f"{self.name}/status-lists",
                **self.metadata,
            }
            kept = {name: value for name, value in document.items() if value is not None}
            return 200, {}, json.dumps(kept).encode()
        if path == "/jwks":
            if etag is not None and etag == self.key_headers.get("ETag"):
                return 304, self.key_headers, b""
            return 200, self.key_headers, json.dumps(jwt.public_set(*self.keys)).encode()
        if path == "/status-lists/1":
            return 200, {}, self.status_list().encode()
        return 404, {}, b""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                self._send(issuer.answer(self.path, self.headers.get("If-None-Match")))

            def do_POST(self) -> None:
                issuer.asked[self.path] += 1
                content = self.rfile.read(int(self.headers["Content-Length"]))
                issuer.forms.append(parse_qs(content.decode()))
                issuer.credentials.append(self.headers.get("Authorization", ""))
                if self.path in issuer.override:
                    self._send(issuer.override[self.path]())
                else:
                    told = json.dumps(issuer.introspected).encode()
                    self._send((200, {"Content-Type": "application/json"}, told))

            def _send(self, answer: Answer) -> None:
                status, headers, content = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler
