"""A thin WSGI front ahead of Flask. It serves the protocol endpoints from one route table
without a web framework, and hands everything else on. A route that ends in a slash takes
what is one step below it. It reads requests within bounds, adds the headers every answer
carries, and answers CORS and wrong methods."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from provider import door, forwarding
from provider.context import Context, Provider
from provider.document import Document
from provider.errors import InvalidRequest, PayloadTooLarge
from provider.forwarding import Network
from provider.http import MAX_BODY, MAX_QUERY, NO_STORE, Request, Response
from provider.roles import Endpoint

StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_PREFLIGHT_MAX_AGE = "600"
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_PLAIN = Request(method="GET", path="")
_FOR_ANYONE = ("Access-Control-Allow-Origin", "*")
_WITHOUT_BODY = frozenset({204, 304})


class Front:
    """The WSGI application. `render_page` turns a refusal into a page for people."""

    def __init__(
        self,
        provider: Provider,
        routes: dict[str, Endpoint],
        pages: Wsgi,
        render_page: door.Render,
    ) -> None:
        self._provider = provider
        self._routes = routes
        self._pages = pages
        self._render_page = render_page
        self._security_headers = security_headers(provider)
        documents = ((path, one) for path, one in routes.items() if isinstance(one, Document))
        self._documents = dict(documents)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path: str = environ.get("PATH_INFO", "")
        if (document := self._documents.get(path)) and _is_plain_get(environ):
            with suppress(Exception):  # the door below meets it again, and tells
                return self._publish(document, environ, start_response)
        endpoint = self._routes.get(path) or self._routes.get(path[: path.rfind("/") + 1])
        if endpoint is None:
            return self._pages(environ, start_response)
        method = environ["REQUEST_METHOD"]
        if method not in endpoint.methods:
            return self._send(_wrong_method(endpoint, environ), environ, start_response)
        render = self._render_page if endpoint.for_people else door.as_json
        request, problem = read_request(environ, self._provider.settings.trusted_proxies)
        seen: list[Context] = []

        def respond(ctx: Context) -> Response:
            seen.append(ctx)
            if problem is not None:
                raise problem
            return endpoint.respond(ctx, request)

        response = door.answer(
            self._provider, request, respond, render, read_only=endpoint.read_only
        )
        _allow_origin(response, endpoint, request, seen)
        return self._send(response, environ, start_response)

    def _publish(
        self, document: Document, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        now = self._provider.clock.now()
        response = document.answer(self._provider, now, _PLAIN)
        response.headers.append(_FOR_ANYONE)
        return self._send(response, environ, start_response)

    def _send(
        self, response: Response, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        headers = [*response.headers, *self._security_headers]
        if response.status not in _WITHOUT_BODY:
            headers.append(("Content-Length", str(len(response.body))))
        start_response(_STATUS_LINES[response.status], headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def security_headers(provider: Provider) -> list[tuple[str, str]]:
    """Return the headers that every answer carries."""
    headers = [("X-Content-Type-Options", "nosniff")]
    if provider.settings.secure:
        headers.append(("Strict-Transport-Security", "max-age=31536000"))
    return headers


def read_request(
    environ: dict[str, Any], trusted_proxies: Sequence[Network]
) -> tuple[Request, InvalidRequest | None]:
    """Return our request value, and what about it is out of bounds."""
    headers = {header: value for name, value in environ.items() if (header := _header_name(name))}
    if content_type := environ.get("CONTENT_TYPE"):
        headers["content-type"] = content_type
    peer = environ.get("REMOTE_ADDR", "")
    request = Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", ""),
        headers=headers,
        address=forwarding.address(peer, headers, trusted_proxies),
        given_id=forwarding.request_id(peer, headers, trusted_proxies),
    )
    query = environ.get("QUERY_STRING", "").encode("latin-1")
    if len(query) > MAX_QUERY:
        return request, PayloadTooLarge("The query is too long.")
    request.query_string = query
    if request.method in ("POST", "PUT"):
        body = _read_body(environ)
        if body is None:
            return request, PayloadTooLarge("The body is too large.")
        request.body = body
    return request, None


@lru_cache(maxsize=512)
def _header_name(name: str) -> str:
    """Return the header a WSGI variable is, in small letters, or nothing if it is none."""
    return name[5:].replace("_", "-").lower() if name.startswith("HTTP_") else ""


def _read_body(environ: dict[str, Any]) -> bytes | None:
    """Return the body, or None where it is larger than we take."""
    announced = environ.get("CONTENT_LENGTH") or ""
    length = int(announced) if announced.isascii() and announced.isdigit() else MAX_BODY + 1
    if announced and length > MAX_BODY:
        return None
    body: bytes = environ["wsgi.input"].read(length)
    return body if len(body) <= MAX_BODY else None


def _is_plain_get(environ: dict[str, Any]) -> bool:
    return (
        environ["REQUEST_METHOD"] == "GET"
        and "HTTP_IF_NONE_MATCH" not in environ
        and not environ.get("QUERY_STRING")
    )


def _wrong_method(endpoint: Endpoint, environ: dict[str, Any]) -> Response:
    allow = ", ".join((*endpoint.methods, "OPTIONS") if endpoint.cors else endpoint.methods)
    origin = environ.get("HTTP_ORIGIN", "")
    if environ["REQUEST_METHOD"] == "OPTIONS" and endpoint.cors:
        headers = [("Allow", allow), ("Vary", "Origin")]
        if origin and origin != "null":
            headers += [
                ("Access-Control-Allow-Origin", "*" if endpoint.cors == "public" else origin),
                ("Access-Control-Allow-Methods", allow),
                ("Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP"),
                ("Access-Control-Max-Age", _PREFLIGHT_MAX_AGE),
            ]
        return Response(status=204, headers=headers)
    return Response(status=405, headers=[("Allow", allow), *NO_STORE])


def _allow_origin(
    response: Response, endpoint: Endpoint, request: Request, seen: list[Context]
) -> None:
    """Let the pages of a client's own origins read its answers (RFC 9700 §2.6).

    Choice: a preflight names no client, so it is answered for any origin; what matters
    is that the answer itself can be read by the client's origins only.
    """
    if endpoint.cors == "public":
        response.headers.append(_FOR_ANYONE)
    elif endpoint.cors == "client":
        response.headers.append(("Vary", "Origin"))
        origin = request.headers.get("origin")
        client = seen[0].client if seen else None
        if origin and client and origin in client.origins:
            response.headers.append(("Access-Control-Allow-Origin", origin))
            response.headers.append(
                ("Access-Control-Expose-Headers", "WWW-Authenticate, Signet-Reference")
            )
