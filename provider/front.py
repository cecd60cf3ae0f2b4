"""A thin WSGI front ahead of Flask. It serves the protocol endpoints from one route table
without a web framework, and hands everything else on. It reads requests within bounds,
adds the headers every answer carries, and answers CORS and wrong methods."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from provider import door
from provider.context import Context, Provider
from provider.errors import InvalidRequest, PayloadTooLarge
from provider.http import MAX_BODY, MAX_QUERY, NO_STORE, Request, Response
from provider.parts import Endpoint

Network = IPv4Network | IPv6Network
StartResponse = Callable[..., Any]
Wsgi = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

_PREFLIGHT_MAX_AGE = "600"


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

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        endpoint = self._routes.get(environ.get("PATH_INFO", ""))
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

    def _send(
        self, response: Response, environ: dict[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        headers = [*response.headers, *security_headers(self._provider)]
        if response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers.append(("Content-Length", str(len(response.body))))
        status = HTTPStatus(response.status)
        start_response(f"{status.value} {status.phrase}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def security_headers(provider: Provider) -> list[tuple[str, str]]:
    """Return the headers that every answer carries."""
    headers = [("X-Content-Type-Options", "nosniff")]
    if provider.settings.secure:
        headers.append(("Strict-Transport-Security", "max-age=31536000"))
    return headers


def read_request(
    environ: dict[str, Any], trusted_proxies: Iterable[Network]
) -> tuple[Request, InvalidRequest | None]:
    """Return our request value, and what about it is out of bounds."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if content_type := environ.get("CONTENT_TYPE"):
        headers["content-type"] = content_type
    request = Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", ""),
        headers=headers,
        address=_address(environ.get("REMOTE_ADDR", ""), headers, tuple(trusted_proxies)),
    )
    query = environ.get("QUERY_STRING", "").encode("latin-1")
    if len(query) > MAX_QUERY:
        return request, PayloadTooLarge("The query is too long.")
    request.query_string = query
    if request.method == "POST":
        body = _read_body(environ)
        if body is None:
            return request, PayloadTooLarge("The body is too large.")
        request.body = body
    return request, None


def _read_body(environ: dict[str, Any]) -> bytes | None:
    """Return the body, or None where it is larger than we take."""
    announced = environ.get("CONTENT_LENGTH") or ""
    length = int(announced) if announced.isascii() and announced.isdigit() else MAX_BODY + 1
    if announced and length > MAX_BODY:
        return None
    body: bytes = environ["wsgi.input"].read(length)
    return body if len(body) <= MAX_BODY else None


def _address(peer: str, headers: dict[str, str], trusted: tuple[Network, ...]) -> str:
    """Return who asks. A forwarding header counts only from a trusted proxy, and of its
    entries the last one that is not such a proxy."""
    if not trusted:
        return peer
    hops = [peer, *reversed(headers.get("x-forwarded-for", "").split(","))]
    address = peer
    for hop in hops:
        candidate = hop.strip()
        try:
            parsed = ip_address(candidate)
        except ValueError:
            break
        address = candidate
        if not any(parsed in network for network in trusted):
            break
    return address


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
        response.headers.append(("Access-Control-Allow-Origin", "*"))
    elif endpoint.cors == "client":
        response.headers.append(("Vary", "Origin"))
        origin = request.headers.get("origin")
        client = seen[0].client if seen else None
        if origin and client and origin in client.origins:
            response.headers.append(("Access-Control-Allow-Origin", origin))
            response.headers.append(
                ("Access-Control-Expose-Headers", "WWW-Authenticate, Signet-Reference")
            )
