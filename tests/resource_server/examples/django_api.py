"""An API in Django, in one file; `create_wsgi` and `create_asgi` serve the same views."""

from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views import View

from provider.resource_server import AsyncVerifier, require
from provider.resource_server.django import metadata, protect
from tests.resource_server.examples import running

MIDDLEWARE = (
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)


def notes(request: HttpRequest) -> JsonResponse:
    """Say whom the token stands for."""
    return JsonResponse({"subject": request.access_token.subject})


class Account(View):  # type: ignore[misc]
    """The same, of a person who signed in well and lately."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        """Answer."""
        return JsonResponse({"subject": request.access_token.subject})

    post = get


def configure(**more: Any) -> None:
    """Set what a project has in its settings module."""
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="only for this example")
        django.setup()
    for name, value in more.items():
        setattr(settings, name, value)


def create_wsgi(verifier: AsyncVerifier) -> Any:
    """Return the API for a WSGI server."""
    _route(verifier)
    return get_wsgi_application()


def create_asgi(verifier: AsyncVerifier) -> Any:
    """Return the API for an ASGI server."""
    _route(verifier)
    return get_asgi_application()


def _route(verifier: AsyncVerifier) -> None:
    urls = (
        path("notes", protect(verifier, require("notes:read"))(notes)),
        path(
            "account",
            protect(verifier, require(acr="urn:example:two-factors", max_age=300))(
                Account.as_view()
            ),
        ),
        metadata(verifier, scopes_supported=["notes:read"]),
    )
    configure(ROOT_URLCONF=urls, MIDDLEWARE=MIDDLEWARE)


if __name__ == "__main__":
    running.serve_wsgi(create_wsgi(running.async_verifier()))
