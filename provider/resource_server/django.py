"""Django: a decorator for views, sync and async; a middleware for projects in which every view
needs a token; the URL of the API's metadata (RFC 9728). The view finds the token in
`request.access_token`. A class-based view is decorated in the URLconf, around `as_view()`.

Choice: a view under `protect` is exempt from the check against cross-site request forgery, because
no browser sends an Authorization header of its own accord.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.module_loading import import_string

from provider.resource_server import asgi, wsgi
from provider.resource_server.async_verifier import AsyncVerifier
from provider.resource_server.presented import PresentedRequest
from provider.resource_server.refusal import Answer, Headers
from provider.resource_server.requirement import Requirement
from provider.resource_server.transport import DIRECT, Transport, document, rendered
from provider.resource_server.verifier import Verifier

View = Callable[..., Any]
_DECIDES_ITSELF = "signet_decides_itself"
"""Marks a view that the middleware leaves alone."""


def protect(
    verifier: Verifier | AsyncVerifier,
    requirement: Requirement | None = None,
    *,
    transport: Transport = DIRECT,
) -> Callable[[View], View]:
    """Let nobody see a view whose access token does not meet `requirement`.

    A view that decides by itself may raise what `verifier` raises. Raises TypeError for an
    async view under a `Verifier`, which would hold up the event loop.
    """
    here = transport.of(verifier.metadata()["resource"])

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):
            protected = _around_async(view, _awaited(verifier), requirement, here)
        else:
            protected = _around(view, _blocking(verifier), requirement, here)
        protected.csrf_exempt = True  # type: ignore[attr-defined]
        return public(protected)

    return decorate


def public(view: View) -> View:
    """Mark a view that needs no token although the middleware is on."""
    setattr(view, _DECIDES_ITSELF, True)
    return view


def metadata(verifier: Verifier | AsyncVerifier, **members: Any) -> URLPattern:
    """Return the URL that serves the protected resource metadata, for the project's URLconf.

    `members` are added to it, for example `scopes_supported`.
    """
    headers, body = document(verifier.metadata(**members))

    @public
    def protected_resource(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(body, headers=dict(headers))

    return path(verifier.metadata_path.removeprefix("/"), protected_resource)


class AccessTokenRequired:
    """The middleware: every view needs a token, but those under `public` or `protect`.

    Settings: `SIGNET_VERIFIER`, the verifier or its dotted path; `SIGNET_REQUIREMENT` and
    `SIGNET_TRANSPORT` where there are such.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        named = settings.SIGNET_VERIFIER
        verifier = import_string(named) if isinstance(named, str) else named
        transport: Transport = getattr(settings, "SIGNET_TRANSPORT", DIRECT)
        self._get_response = get_response
        self._verifier = verifier
        self._requirement = getattr(settings, "SIGNET_REQUIREMENT", None)
        self._transport = transport.of(verifier.metadata()["resource"])
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        self.process_view = self._decide_async if self._is_async else self._decide

    def __call__(self, request: HttpRequest) -> Any:
        """Answer, with what the token adds to the answer."""
        if self._is_async:
            return self._answer_async(request)
        return _with_headers(self._get_response(request), _headers_for(request))

    async def _answer_async(self, request: HttpRequest) -> Any:
        return _with_headers(await self._get_response(request), _headers_for(request))

    def _decide(self, request: HttpRequest, view: View, *_arguments: Any) -> HttpResponse | None:
        if getattr(view, _DECIDES_ITSELF, False):
            return None
        try:
            verifier = _blocking(self._verifier)
            token = verifier.authorize(_presented(request, self._transport), self._requirement)
        except Answer as answer:
            return _response(answer)
        request.access_token = request.signet_token = token
        return None

    async def _decide_async(
        self, request: HttpRequest, view: View, *_arguments: Any
    ) -> HttpResponse | None:
        if getattr(view, _DECIDES_ITSELF, False):
            return None
        try:
            verifier, presented = _awaited(self._verifier), _presented(request, self._transport)
            token = await verifier.authorize(presented, self._requirement)
        except Answer as answer:
            return _response(answer)
        request.access_token = request.signet_token = token
        return None


def _around(
    view: View, verifier: Verifier, requirement: Requirement | None, transport: Transport
) -> View:
    @wraps(view)
    def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            token = verifier.authorize(_presented(request, transport), requirement)
            request.access_token = token
            return _with_headers(view(request, *args, **kwargs), token.response_headers)
        except Answer as answer:
            return _response(answer)

    return protected


def _around_async(
    view: View, verifier: AsyncVerifier, requirement: Requirement | None, transport: Transport
) -> View:
    @wraps(view)
    async def protected(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            token = await verifier.authorize(_presented(request, transport), requirement)
            request.access_token = token
            return _with_headers(await view(request, *args, **kwargs), token.response_headers)
        except Answer as answer:
            return _response(answer)

    return protected


def _blocking(verifier: Verifier | AsyncVerifier) -> Verifier:
    return verifier.blocking if isinstance(verifier, AsyncVerifier) else verifier


def _awaited(verifier: Verifier | AsyncVerifier) -> AsyncVerifier:
    if isinstance(verifier, AsyncVerifier):
        return verifier
    raise TypeError("an async view needs an AsyncVerifier, which serves the others as well")


def _presented(request: HttpRequest, transport: Transport) -> PresentedRequest:
    scope = getattr(request, "scope", None)
    if scope is not None:
        return asgi.presented(scope, transport)
    return wsgi.presented(request.META, transport)


def _response(answer: Answer) -> HttpResponse:
    """Return the response for an Answer. Several challenges stand in one field, as a list (RFC
    9110 §11.6.1), because a response of Django has each field once."""
    status, headers, body = rendered(answer)
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return HttpResponse(body, status=status, headers=joined)


def _headers_for(request: HttpRequest) -> Headers:
    token = getattr(request, "signet_token", None)
    return token.response_headers if token is not None else ()


def _with_headers(response: Any, headers: Headers) -> Any:
    for name, value in headers:
        response[name] = value
    return response
