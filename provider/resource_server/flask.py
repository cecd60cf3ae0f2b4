"""Flask: a decorator for views, and a blueprint that serves the metadata of the API (RFC 9728).
What is refused is answered as the verifier says; the view finds the token in `g.access_token`.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Blueprint, Response, after_this_request, current_app, g, request

from provider.resource_server import wsgi
from provider.resource_server.refusal import Answer
from provider.resource_server.requirement import Requirement
from provider.resource_server.transport import DIRECT, Transport, document, rendered
from provider.resource_server.verifier import Verifier

P = ParamSpec("P")


def protect(
    verifier: Verifier,
    requirement: Requirement | None = None,
    *,
    transport: Transport = DIRECT,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Let nobody see a view whose access token does not meet `requirement`.

    A view that decides by itself may raise what `verifier` raises. Stands below `route`.
    """
    here = transport.of(verifier.metadata()["resource"])

    def decorate(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def protected(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                presented = wsgi.presented(request.environ, here)
                token = g.access_token = verifier.authorize(presented, requirement)
                if token.response_headers:
                    after_this_request(_answering_with(token.response_headers))
                return current_app.ensure_sync(view)(*args, **kwargs)
            except Answer as answer:
                status, headers, body = rendered(answer)
                return Response(body, status, list(headers))

        return protected

    return decorate


def metadata(verifier: Verifier, **members: Any) -> Blueprint:
    """Return the blueprint that serves the protected resource metadata at its well-known path.

    `members` are added to it, for example `scopes_supported`. To be registered without a prefix.
    """
    headers, body = document(verifier.metadata(**members))
    blueprint = Blueprint("signet_metadata", __name__)

    @blueprint.get(verifier.metadata_path)
    def protected_resource() -> Response:
        return Response(body, 200, list(headers))

    return blueprint


def _answering_with(headers: tuple[tuple[str, str], ...]) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        response.headers.extend(headers)
        return response

    return add
