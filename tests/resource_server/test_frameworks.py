"""What is each framework's own: layers, sockets, schemas, middleware."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from ssl import PEM_cert_to_DER_cert
from typing import Any

import flask
import pytest
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from provider.resource_server import AsyncVerifier, Verifier, asgi, require, wsgi
from provider.resource_server import django as for_django
from provider.resource_server import flask as for_flask
from provider.resource_server.transport import Transport
from provider.testing.signet import Signet
from tests.resource_server.examples import asgi_api, django_api, fastapi_api, wsgi_api
from tests.resource_server.serving import ask, serving_asgi, serving_wsgi
from tests.support import event_loop, jwt
from tests.support.site import Authority

API = "https://api.example"
DOCUMENT = "/.well-known/oauth-protected-resource"

pytestmark = pytest.mark.signet(scopes={"notes:read": "Read your notes"})


@pytest.fixture
def verifier(signet: Signet) -> Iterator[AsyncVerifier]:
    made = AsyncVerifier(signet.issuer, API, clock=signet.clock.now)
    yield made
    made.blocking.close()


@pytest.fixture
def headers(signet: Signet) -> dict[str, str]:
    """Those of a request that may read notes."""
    return {"Authorization": f"Bearer {signet.mint(audience=API, scope='notes:read')}"}


# -- WSGI and ASGI --------------------------------------------------------------


def test_head_is_answered_without_a_body(verifier: AsyncVerifier, signet: Signet) -> None:
    for serving, application in (
        (serving_wsgi, wsgi_api.create_app(verifier.blocking)),
        (serving_asgi, asgi_api.create_app(verifier)),
    ):
        with serving(application) as url:
            for at, status in (("/notes", 401), (DOCUMENT, 200)):
                answer = ask(url + at, method="HEAD")
                assert (answer.status, answer.body) == (status, b"")


def test_only_reading_gets_the_metadata(verifier: AsyncVerifier) -> None:
    for serving, application in (
        (serving_wsgi, wsgi_api.create_app(verifier.blocking)),
        (serving_asgi, asgi_api.create_app(verifier)),
    ):
        with serving(application) as url:
            assert ask(url + DOCUMENT, method="POST").status == 401


def websocket(verifier: AsyncVerifier, headers: dict[str, str], *, can_deny: bool) -> list[Any]:
    """Open a WebSocket; return what the server sends."""
    sent: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        subject = scope[asgi.ACCESS_TOKEN].subject
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": subject})

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/live",
        "query_string": b"",
        "headers": asgi.encoded(tuple(headers.items())),
        "extensions": {"websocket.http.response": {}} if can_deny else {},
    }
    guarded = asgi.Protected(application, verifier, require("notes:read"))
    event_loop.run(guarded(scope, receive, send))
    return sent


def test_a_websocket_opens_with_a_token(verifier: AsyncVerifier, headers: dict[str, str]) -> None:
    accepted, greeted = websocket(verifier, headers, can_deny=True)
    assert accepted["type"] == "websocket.accept"
    assert greeted["text"]


def test_a_websocket_is_refused_as_http_where_the_server_can(verifier: AsyncVerifier) -> None:
    started, _ = websocket(verifier, {}, can_deny=True)
    assert (started["type"], started["status"]) == ("websocket.http.response.start", 401)
    assert b"www-authenticate" in dict(started["headers"])


def test_a_websocket_never_opens_where_the_server_can_not(verifier: AsyncVerifier) -> None:
    (closed,) = websocket(verifier, {}, can_deny=False)
    assert (closed["type"], closed["code"]) == ("websocket.close", 1008)


def test_the_life_of_an_application_passes_through(verifier: AsyncVerifier) -> None:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def nothing(*_message: Any) -> Any:
        return {}

    event_loop.run(asgi.Protected(application, verifier)({"type": "lifespan"}, nothing, nothing))
    assert seen == ["lifespan"]


def test_the_loop_never_waits_for_the_issuer() -> None:
    """While one request waits for an issuer that says nothing, others are answered."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        verifier = AsyncVerifier(f"http://127.0.0.1:{silent.getsockname()[1]}", API)
        with serving_asgi(asgi_api.create_app(verifier)) as url:
            statuses: list[int] = []

            def wait() -> None:
                token = jwt.sign(jwt.key_for("ES256"), {"iss": "x"}, typ="at+jwt")
                answer = ask(url + "/notes", {"Authorization": f"Bearer {token}"}, timeout=60)
                statuses.append(answer.status)

            waiting = threading.Thread(target=wait)
            waiting.start()
            connection, _ = silent.accept()
            assert ask(url + DOCUMENT).status == 200
            assert statuses == []
            connection.close()
            silent.close()
            waiting.join()
            assert statuses == [503]
        verifier.blocking.close()


def test_a_certificate_that_the_proxy_passes_on(
    verifier: AsyncVerifier, signet: Signet, authority: Authority
) -> None:
    der = PEM_cert_to_DER_cert(authority.certificate.read_text())
    bound = {"x5t#S256": jwt.encode(sha256(der).digest())}
    token = signet.mint(audience=API, cnf=bound)
    headers = {
        "Authorization": f"Bearer {token}",
        "Client-Cert": f":{b64encode(der).decode()}:",
    }
    proxied = Transport(certificate_header="Client-Cert")
    for transport, status in ((proxied, 200), (Transport(), 401)):
        guarded = wsgi.Protected(wsgi_api.subject, verifier.blocking, transport=transport)
        with serving_wsgi(guarded) as url:
            assert ask(url + "/notes", headers).status == status


# -- Flask ----------------------------------------------------------------------


def test_a_flask_view_may_decide_by_itself(
    verifier: AsyncVerifier, headers: dict[str, str]
) -> None:
    app = flask.Flask(__name__)

    @app.get("/notes/<name>")
    @for_flask.protect(verifier.blocking)
    def note(name: str) -> dict[str, str]:
        token = flask.request.headers["Authorization"].partition(" ")[2]
        verifier.blocking.verify(token, require(name))
        return {"name": name}

    client = app.test_client()
    assert client.get("/notes/notes:read", headers=headers).json == {"name": "notes:read"}
    refused = client.get("/notes/notes:write", headers=headers)
    assert refused.status_code == 403
    assert 'scope="notes:write"' in refused.headers["WWW-Authenticate"]


# -- FastAPI --------------------------------------------------------------------


def test_openapi_says_where_tokens_come_from_and_which_scopes(
    verifier: AsyncVerifier, signet: Signet
) -> None:
    document = fastapi_api.create_app(verifier).openapi()
    assert document["components"]["securitySchemes"] == {
        "Signet": {
            "type": "openIdConnect",
            "openIdConnectUrl": f"{signet.issuer}/.well-known/openid-configuration",
        }
    }
    assert document["paths"]["/notes"]["get"]["security"] == [{"Signet": ["notes:read"]}]
    assert document["paths"]["/account"]["get"]["security"] == [{"Signet": []}]
    assert DOCUMENT not in document["paths"]


# -- Django ---------------------------------------------------------------------


def plain(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"subject": getattr(request, "access_token").subject})  # noqa: B009


async def plain_async(request: HttpRequest) -> JsonResponse:
    return plain(request)


@for_django.public
def health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@pytest.mark.parametrize(
    ("create", "serving"),
    [(get_wsgi_application, serving_wsgi), (get_asgi_application, serving_asgi)],
)
def test_the_middleware_lets_nobody_in_without_a_token(
    verifier: AsyncVerifier, headers: dict[str, str], create: Any, serving: Any
) -> None:
    django_api.configure(
        MIDDLEWARE=("provider.resource_server.django.AccessTokenRequired",),
        SIGNET_VERIFIER=verifier,
        SIGNET_REQUIREMENT=require("notes:read"),
        ROOT_URLCONF=(
            path("plain", plain),
            path("async", plain_async),
            path("health", health),
            for_django.metadata(verifier),
        ),
    )
    with serving(create()) as url:
        for open_to_all in ("/health", DOCUMENT):
            assert ask(url + open_to_all).status == 200
        for guarded in ("/plain", "/async"):
            assert ask(url + guarded).status == 401
            assert ask(url + guarded, headers).json["subject"]


def test_a_request_with_a_token_can_not_be_forged_across_sites(
    verifier: AsyncVerifier, signet: Signet
) -> None:
    token = signet.sign_in(
        signet.add_client(resources=[API]),
        signet.add_user(),
        resource=API,
        acr="urn:example:two-factors",
    )
    with serving_wsgi(django_api.create_wsgi(verifier)) as url:
        assert ask(url + "/account", token.headers, method="POST").status == 200
        assert ask(url + "/account", method="POST").status == 401


def test_an_async_view_is_not_held_up_by_a_blocking_verifier(signet: Signet) -> None:
    blocking = Verifier(signet.issuer, API)
    for_django.protect(blocking)(plain)
    with pytest.raises(TypeError, match="AsyncVerifier"):
        for_django.protect(blocking)(plain_async)
    blocking.close()
