"""A layer around any ASGI application (ASGI 3): no HTTP request and no WebSocket comes in without
an access token. Used as it is where there is no framework, or to guard a whole application. What
the application hears of its life (`lifespan`) passes through.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

from provider.resource_server.async_verifier import AsyncVerifier
from provider.resource_server.presented import PresentedRequest
from provider.resource_server.refusal import Answer, Headers
from provider.resource_server.requirement import Requirement
from provider.resource_server.transport import DIRECT, Transport, document, rendered

ACCESS_TOKEN = "signet.access_token"
"""Where the application finds the AccessToken in its scope."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_DENIAL = "websocket.http.response"
_POLICY_VIOLATION = 1008


class Protected:
    """The application behind the verifier.

    The protected resource metadata (RFC 9728) is served to everybody at its well-known path;
    `metadata` are further members of it, for example `scopes_supported`. What answers CORS
    preflights, which carry no token, belongs outside of this layer.
    """

    def __init__(
        self,
        application: Application,
        verifier: AsyncVerifier,
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say why not."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        is_read = scope.get("method") in ("GET", "HEAD")
        if is_read and scope["path"] == self._verifier.metadata_path:
            await _send(scope, send, 200, *self._document)
            return
        try:
            request = presented(scope, self._transport)
            token = await self._verifier.authorize(request, self._requirement)
        except Answer as answer:
            await _refuse(scope, receive, send, answer)
            return
        added = encoded(token.response_headers)

        async def answering(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept"):
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._application(
            {**scope, ACCESS_TOKEN: token}, receive, answering if added else send
        )


def presented(scope: Scope, transport: Transport) -> PresentedRequest:
    """Return what an ASGI request presents. A WebSocket begins with a GET (RFC 6455 §4.1)."""

    def fields(name: str) -> list[str]:
        wanted = name.encode("latin-1")
        return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]

    raw: bytes | None = scope.get("raw_path")
    target = raw.partition(b"?")[0].decode("latin-1") if raw else quote(scope["path"])
    if query := scope.get("query_string"):
        target = f"{target}?{query.decode('latin-1')}"
    return transport.presented(scope.get("method", "GET"), target, fields)


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI sends them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _refuse(scope: Scope, receive: Receive, send: Send, answer: Answer) -> None:
    """Answer instead of the application; a WebSocket whose server cannot send an answer in the
    place of its handshake is closed before it opens."""
    status, headers, body = rendered(answer)
    if scope["type"] == "http" or _DENIAL in scope.get("extensions", {}):
        await _send(scope, send, status, headers, body)
        return
    await receive()
    await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": ""})


async def _send(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    kind = "http.response" if scope["type"] == "http" else _DENIAL
    about = encoded((*headers, ("Content-Length", str(len(body)))))
    await send({"type": f"{kind}.start", "status": status, "headers": about})
    shown = b"" if scope.get("method") == "HEAD" else body
    await send({"type": f"{kind}.body", "body": shown})
