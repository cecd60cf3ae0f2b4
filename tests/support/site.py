"""Somebody else's server: https on this machine with a certificate of a throw-away authority, that
serves what a test puts there and remembers what it was asked. A test that asks for the fixture
`site` has a provider that is allowed to go there.
"""

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Received:
    """One request that came in, and the version of TLS by which it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    tls: str | None

    @property
    def form(self) -> dict[str, list[str]]:
        """The fields of a form."""
        return parse_qs(self.body.decode(), keep_blank_values=True)


@dataclass(frozen=True)
class Served:
    """What stands at a path."""

    body: bytes
    status: int
    headers: dict[str, str]
    before: Callable[[], object] | None


@dataclass
class Site:
    """The server. `host` is as an operator would allow it; `context`: what TLS it speaks."""

    ca_file: Path
    context: ssl.SSLContext
    pages: dict[str, Served] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def url(self, path: str) -> str:
        """Return the address of a path."""
        return f"https://{self.host}{path}"

    def serve(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str = "application/json",
        status: int = 200,
        headers: dict[str, str] | None = None,
        before: Callable[[], object] | None = None,
    ) -> str:
        """Put something at a path; `before` runs ahead of each answer. Return its address."""
        content = body.encode() if isinstance(body, str) else body
        about = {"Content-Type": content_type, **(headers or {})}
        self.pages[path] = Served(content, status, about, before)
        return self.url(path)

    def asked(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(one.path.partition("?")[0] == path for one in self.received)


@dataclass(frozen=True)
class Authority:
    """A certificate authority and a server certificate of it, as files."""

    ca_file: Path
    certificate: Path
    key: Path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts unless told to."""
    folder = tmp_path_factory.mktemp("authority")
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = _certificate("A test authority", ca_key, None, ca_key)
    leaf = _certificate("localhost", key, ca, ca_key)
    made = Authority(folder / "ca.pem", folder / "site.pem", folder / "site.key")
    made.ca_file.write_bytes(ca.public_bytes(Encoding.PEM))
    made.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    made.key.write_bytes(written)
    return made


@pytest.fixture
def site(authority: Authority) -> Iterator[Site]:
    """A server of this test's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    found = Site(authority.ca_file, context)
    server = _Server(("localhost", 0), _handler(found))
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


class _Server(ThreadingHTTPServer):
    """Whoever hangs up on it is not worth a word."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            tls = self.connection.version()
            site.received.append(Received(self.command, self.path, headers, body, tls))
            served = site.pages.get(self.path.partition("?")[0])
            if served is None:
                self.send_error(404)
                return
            if served.before is not None:
                served.before()
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    return Handler


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(issuer_key, SHA256())
    )
