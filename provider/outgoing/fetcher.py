"""The one way out: a request to somebody else's server, guarded (RFC 9700 §4.15). Called for key
sets, request objects, sector documents and logos of clients, and to tell them of an ended session.
It follows no redirect, sends no cookie, uses no proxy, takes no compressed answer, and ends after
a stated time and a stated size, whatever the other side does. Certificates are checked against the
host's name; TLS 1.2 at least, 1.3 where offered. Whatever goes wrong is FetchFailed, whose reason
is for our log and never repeats what was received."""

import ssl
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import SHUT_RDWR, create_connection, socket
from threading import Timer
from time import monotonic
from urllib.parse import urlencode

from provider.outgoing.destination import Destination, NotAllowed, Resolve, resolve, settle
from provider.outgoing.lookup import Lookups
from provider.turns import waiting_for

LONGEST_ANSWER = 64 * 1024
_CHUNK = 16 * 1024
_LEAST = 0.001
"""Seconds; a connection needs a limit above zero."""
_AGENT = "Signet"
_OK, _REDIRECTS = range(200, 300), range(300, 400)


class FetchFailed(Exception):
    """There is no usable answer. `reason` is for our log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class AnswerTooLong(FetchFailed):
    """There is an answer, of more bytes than were asked for."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What was answered; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Fetcher:
    """Asks other servers. Safe to use from several threads.

    `allowed`: hosts that need not be public; `ca_file`: certificates trusted for those hosts
    alone, beside the system's; `timeout`: seconds for one request in all, from looking up the
    name to the last byte.
    """

    def __init__(
        self,
        allowed: Collection[str] = (),
        ca_file: str | None = None,
        timeout: float = 5.0,
        resolve: Resolve = resolve,
    ) -> None:
        self._allowed = allowed
        self._timeout = timeout
        self._lookups = Lookups(resolve)
        self._ca_file = ca_file

    def get(self, url: str, *, accept: str, longest: int = LONGEST_ANSWER) -> Answer:
        """Return a successful answer of at most `longest` bytes. Raises FetchFailed."""
        return self._ask("GET", url, {"Accept": accept}, None, longest)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Answer:
        """Send a form. Return whatever is answered but a redirect. Raises FetchFailed."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
        return self._ask("POST", url, headers, urlencode(fields).encode(), LONGEST_ANSWER)

    @cached_property
    def _public(self) -> ssl.SSLContext:
        return _tls(None)

    @cached_property
    def _private(self) -> ssl.SSLContext:
        return _tls(self._ca_file)

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, longest: int
    ) -> Answer:
        with waiting_for(url):
            return self._ask_now(method, url, headers, body, longest)

    def _ask_now(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None, longest: int
    ) -> Answer:
        deadline = monotonic() + self._timeout
        try:
            destination = settle(url, self._allowed, partial(self._lookups.within, self._timeout))
        except NotAllowed as error:
            raise FetchFailed(error.reason) from error
        try:
            context = self._private if destination.is_private else self._public
        except OSError as error:
            raise FetchFailed("outgoing.ca_file can not be read as certificates") from error
        connection = _Connection(destination, context, max(_LEAST, deadline - monotonic()))
        try:
            return connection.ask(method, headers, body, longest)
        except (OSError, HTTPException, ValueError) as error:
            late = connection.is_late or isinstance(error, TimeoutError)
            reason = "it took too long" if late else f"no answer ({type(error).__name__})"
            raise FetchFailed(reason) from error
        finally:
            connection.leave()


class _Connection(HTTPConnection):
    """One connection to an address that was judged, for one request and within one deadline. A
    second handle of the line lets the deadline cut it whatever the first is doing."""

    sock: socket

    def __init__(self, to: Destination, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(to.host, to.port, timeout=timeout)
        self._to = to
        self._context = context
        self._timeout = timeout
        self._deadline = Timer(timeout, self._give_up)
        self._deadline.daemon = True
        self._line: socket | None = None
        self.is_late = False

    def connect(self) -> None:
        """Connect to an address that was judged, and check the certificate of the host's name."""
        raw = self._reach()
        raw.settimeout(self._timeout)
        self.sock, self._line = raw, raw.dup()
        self._in_time()
        if not self._to.is_plain:
            name = self._to.host
            self.sock = self._context.wrap_socket(
                raw, server_hostname=name, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def _reach(self) -> socket:
        """Return a line to the first address that takes us; each has its share of the time."""
        *others, last = self._to.addresses
        share = self._timeout / (len(others) + 1)
        for address in others:
            with suppress(OSError):
                return create_connection((address, self._to.port), timeout=share)
        return create_connection((last, self._to.port), timeout=share)

    def ask(
        self, method: str, headers: dict[str, str], body: bytes | None, longest: int
    ) -> Answer:
        """Send the request and read the answer."""
        self._deadline.start()
        about = {
            "Host": self._to.authority,
            "User-Agent": _AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        self.request(method, self._to.target, body, {**about, **headers})
        response = self.getresponse()
        try:
            return self._take(method, response, longest)
        finally:
            response.close()

    def _take(self, method: str, response: HTTPResponse, longest: int) -> Answer:
        received = {name.lower(): value for name, value in response.getheaders()}
        if method == "GET" and response.status not in _OK:
            raise FetchFailed(f"it answered with status {response.status}")
        if response.status in _REDIRECTS:
            raise FetchFailed("it answered with a redirect, which we do not follow")
        if received.get("content-encoding", "identity").lower() != "identity":
            raise FetchFailed("the answer is compressed")
        content = _read(response, longest)
        self._in_time()
        return Answer(status=response.status, headers=received, body=content)

    def leave(self) -> None:
        """Close what is open; `close` does less, as the answer may still be on its way."""
        self._deadline.cancel()
        self.close()
        if self._line is not None:
            self._line.close()

    def _give_up(self) -> None:
        self.is_late = True
        if self._line is not None:
            with suppress(OSError):
                self._line.shutdown(SHUT_RDWR)

    def _in_time(self) -> None:
        if self.is_late:
            raise TimeoutError


def _read(response: HTTPResponse, longest: int) -> bytes:
    content = bytearray()
    while chunk := response.read(_CHUNK):
        content += chunk
        if len(content) > longest:
            raise AnswerTooLong(f"the answer is longer than {longest} bytes")
    if response.length:
        raise FetchFailed("the answer is cut off")
    return bytes(content)


def _tls(ca_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
