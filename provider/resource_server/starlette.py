"""Starlette: a decorator for endpoints, a route for the metadata of the API (RFC 9728), and the
exception handler by which an application answers what the verifier raises anywhere in it. The
endpoint finds the token in `request.state.access_token`; the event loop never waits for the
issuer.
"""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route

from provider.resource_server import asgi
from provider.resource_server.access_token import AccessToken
from provider.resource_server.async_verifier import AsyncVerifier
from provider.resource_server.refusal import Answer
from provider.resource_server.requirement import Requirement
from provider.resource_server.transport import DIRECT, Transport, document, rendered

Endpoint = Callable[[Request], Any]


def protect(
    verifier: AsyncVerifier,
    requirement: Requirement | None = None,
    *,
    transport: Transport = DIRECT,
) -> Callable[[Endpoint], Endpoint]:
    """Let nobody reach an endpoint, `async` or not, whose access token does not meet
    `requirement`."""
    here = transport.of(verifier.metadata()["resource"])

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def protected(request: Request) -> Any:
            try:
                token = await authorized(request, verifier, requirement, here)
                if iscoroutinefunction(endpoint):
                    response = await endpoint(request)
                else:
                    response = await run_in_threadpool(endpoint, request)
            except Answer as answer:
                return answered(request, answer)
            for name, value in token.response_headers:
                response.headers.append(name, value)
            return response

        return protected

    return decorate


def metadata(verifier: AsyncVerifier, **members: Any) -> Route:
    """Return the route that serves the protected resource metadata at its well-known path.

    `members` are added to it, for example `scopes_supported`. It belongs to the outermost router.
    """
    headers, body = document(verifier.metadata(**members))

    async def protected_resource(_request: Request) -> Response:
        return Response(body, 200, dict(headers))

    return Route(verifier.metadata_path, protected_resource)


async def authorized(
    connection: HTTPConnection,
    verifier: AsyncVerifier,
    requirement: Requirement | None,
    transport: Transport,
) -> AccessToken:
    """Return the access token of a request and leave it in its state. Raises Answer."""
    presented = asgi.presented(connection.scope, transport)
    token = await verifier.authorize(presented, requirement)
    connection.state.access_token = token
    return token


def answered(_request: Request, answer: Exception) -> Response:
    """Return the response for an Answer: the exception handler to register for that class."""
    if not isinstance(answer, Answer):
        raise answer
    status, headers, body = rendered(answer)
    response = Response(body, status)
    response.raw_headers.extend(asgi.encoded(headers))
    return response
