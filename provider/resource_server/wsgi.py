"""A layer around any WSGI application (PEP 3333): nobody comes in without an access token. Used as
it is where there is no framework, or where one layer is to guard a whole application.
"""

from collections.abc import Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from provider.resource_server.presented import PresentedRequest
from provider.resource_server.refusal import Answer, Headers
from provider.resource_server.requirement import Requirement
from provider.resource_server.transport import DIRECT, Transport, document, rendered
from provider.resource_server.verifier import Verifier

ACCESS_TOKEN = "signet.access_token"
"""Where the application finds the AccessToken in its environment."""

Environ = MutableMapping[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]

_PATH_CHARACTERS = "/:@!$&'()*+,;=~"
"""What stands in a path as it is (RFC 3986 §3.3)."""


class Protected:
    """The application behind the verifier.

    The protected resource metadata (RFC 9728) is served to everybody at its well-known path;
    `metadata` are further members of it, for example `scopes_supported`. What answers CORS
    preflights, which carry no token, belongs outside of this layer.
    """

    def __init__(
        self,
        application: Application,
        verifier: Verifier,
        requirement: Requirement | None = None,
        *,
        transport: Transport = DIRECT,
        **metadata: Any,
    ) -> None:
        described = verifier.metadata(**metadata)
        self._application = application
        self._verifier = verifier
        self._requirement = requirement
        self._transport = transport.of(described["resource"])
        self._document = document(described)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Serve one request, or say why not."""
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if is_read and _path(environ) == self._verifier.metadata_path:
            return _send(environ, start_response, 200, *self._document)
        try:
            request = presented(environ, self._transport)
            token = self._verifier.authorize(request, self._requirement)
        except Answer as answer:
            return _send(environ, start_response, *rendered(answer))
        environ[ACCESS_TOKEN] = token

        def answering(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            return start_response(status, [*headers, *token.response_headers], *exc_info)

        return self._application(environ, answering if token.response_headers else start_response)


def presented(environ: Environ, transport: Transport) -> PresentedRequest:
    """Return what a WSGI request presents.

    A server joins fields that came twice with a comma, which no credential contains: so two
    of them are malformed rather than chosen from.
    """

    def fields(name: str) -> tuple[str, ...]:
        value = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return () if value is None else (value,)

    target = quote(_path(environ).encode("latin-1"), safe=_PATH_CHARACTERS)
    if query := environ.get("QUERY_STRING"):
        target = f"{target}?{query}"
    return transport.presented(environ["REQUEST_METHOD"], target, fields)


def _path(environ: Environ) -> str:
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path


def _send(
    environ: Environ, start_response: Any, status: int, headers: Headers, body: bytes
) -> Iterable[bytes]:
    phrase = HTTPStatus(status).phrase
    start_response(f"{status} {phrase}", [*headers, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
