"""The one way out: HTTP to the issuer with every bound set. https only (http to this machine), no
redirects, no proxy from the environment, no compressed answers, an end to size and time. A server
that sends a byte now and then meets no timeout of a socket: its connection is cut at the end.

Called by `issuer`, `status_lists` and `introspection`.
"""

import itertools
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

_CONNECT_SECONDS = 2.0
_READ_SECONDS = 3.0
_WHOLE_SECONDS = 8.0
_CHUNK = 64 * 1024
_DEFAULT_PORTS = {"https": 443, "http": 80}


class NotFetched(Exception):
    """No usable answer came; the text says why, for the log."""


@dataclass(frozen=True)
class Fetched:
    """An answer: 200 with its content, or 304 for the `etag` that was sent."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    @property
    def etag(self) -> str | None:
        """The validator to send next time."""
        return self.headers.get("ETag")

    @property
    def max_age(self) -> float | None:
        """For how many seconds the answer is fresh, or None where it does not say (RFC 9111
        §4.2.1, without heuristics)."""
        directives = self.headers.get("Cache-Control", "").lower().replace(" ", "").split(",")
        if "no-store" in directives or "no-cache" in directives:
            return 0
        for directive in directives:
            name, _, value = directive.partition("=")
            if name == "max-age" and value.isdecimal() and len(value) < 10:
                age = self.headers.get("Age", "")
                spent = int(age) if age.isdecimal() and len(age) < 10 else 0
                return max(0, int(value) - spent)
        return None


class _Asking(threading.local):
    """The connection on which this thread asks."""

    connection: HTTPConnection | None = None


_asking = _Asking()


class _Http(HTTPConnection):
    def request(self, *args: Any, **named: Any) -> None:
        """Tell who may have to cut this connection."""
        _asking.connection = self
        super().request(*args, **named)


class _Https(HTTPSConnection):
    def request(self, *args: Any, **named: Any) -> None:
        """Tell who may have to cut this connection."""
        _asking.connection = self
        super().request(*args, **named)


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


@contextmanager
def _an_end(url: str) -> Iterator[None]:
    """Cut the connection of this thread where the block takes longer than all may."""
    mine = _asking.__dict__
    over = threading.Event()

    def cut() -> None:
        over.set()
        connection = mine.get("connection")
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(_WHOLE_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        if not over.is_set():
            raise
    finally:
        timer.cancel()
        _asking.connection = None
    if over.is_set():
        raise NotFetched(f"{url}: took longer than {_WHOLE_SECONDS:.0f} s")


class Fetcher:
    """Connections to the issuer, kept open between requests and shared by threads.

    `requests_made` counts what was asked of the issuer, answered or not. Raises OSError for a
    `ca_file` that cannot be read.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        if ca_file is not None:
            ssl.create_default_context(cafile=ca_file)
        self._ca_file = ca_file
        self._count = itertools.count(1)
        self.requests_made = 0
        self._pool: urllib3.PoolManager | None = None
        self._pid = 0

    def get(self, url: str, *, accept: str, most: int, etag: str | None = None) -> Fetched:
        """Return what is at `url`, of at most `most` bytes. Raises NotFetched."""
        condition = {"If-None-Match": etag} if etag else {}
        return self._fetch("GET", url, {"Accept": accept, **condition}, None, most)

    def post(self, url: str, *, headers: Mapping[str, str], content: bytes, most: int) -> Fetched:
        """Return the answer to a form. Raises NotFetched."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._fetch("POST", url, {**headers, **kind}, content, most)

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.clear()

    def _fetch(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        most: int,
    ) -> Fetched:
        if not is_trustworthy(url):
            raise NotFetched(f"{url!r} is not https")
        self.requests_made = next(self._count)
        try:
            return self._answer(method, url, headers, content, most)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise NotFetched(f"{url}: {type(error).__name__}: {error}") from None

    def _answer(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None,
        most: int,
    ) -> Fetched:
        with _an_end(url):
            answer = self._connections().request(
                method,
                url,
                body=content,
                headers={"Accept-Encoding": "identity", "User-Agent": "signet-kit", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                return self._read(answer, url, most)
            finally:
                answer.release_conn()

    @staticmethod
    def _read(answer: urllib3.BaseHTTPResponse, url: str, most: int) -> Fetched:
        if answer.status not in (200, 304):
            answer.close()
            raise NotFetched(f"{url}: answered {answer.status}")
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            answer.close()
            raise NotFetched(f"{url}: a compressed answer, which was not asked for")
        content = bytearray()
        while chunk := answer.read1(_CHUNK):
            content += chunk
            if len(content) > most:
                answer.close()
                raise NotFetched(f"{url}: longer than {most} bytes")
        return Fetched(answer.status, bytes(content), answer.headers)

    def _connections(self) -> urllib3.PoolManager:
        """A process that was forked must not speak on its parent's connections."""
        pool = self._pool
        if pool is None or self._pid != os.getpid():
            pool = urllib3.PoolManager(
                num_pools=8,
                maxsize=4,
                ca_certs=self._ca_file,
                cert_reqs=ssl.CERT_REQUIRED,
                ssl_minimum_version=ssl.TLSVersion.TLSv1_2,
                timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            )
            pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
            self._pid = os.getpid()
            self._pool = pool
        return pool


def is_trustworthy(url: str) -> bool:
    """Return whether `url` is https, or http to this machine, without a user or a fragment."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.fragment or parts.username is not None or not url.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a trustworthy address (RFC 6454 §4)."""
    parts: SplitResult = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
