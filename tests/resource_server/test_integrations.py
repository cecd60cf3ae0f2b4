"""The example of every framework before the real provider: the same API, the same answers."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from provider.resource_server import AsyncVerifier, Dpop, Verifier
from provider.testing.application import Tokens
from provider.testing.signet import Signet
from tests.resource_server.examples import (
    asgi_api,
    django_api,
    fastapi_api,
    flask_api,
    starlette_api,
    wsgi_api,
)
from tests.resource_server.serving import ask, serving_asgi, serving_wsgi
from tests.support import jwt
from tests.support.wire import Answer

ROOT = Path(__file__).parents[2]
API = "https://api.example"
DOCUMENT = "/.well-known/oauth-protected-resource"
STRONG = "urn:example:two-factors"

pytestmark = pytest.mark.signet(scopes={"notes:read": "Read your notes"})


@dataclass(frozen=True)
class Framework:
    """How its example is made and served."""

    create: Callable[[Any], Any]
    verifier: type[Verifier | AsyncVerifier]
    serve: Callable[[Any], AbstractContextManager[str]]


FRAMEWORKS = {
    "flask": Framework(flask_api.create_app, Verifier, serving_wsgi),
    "starlette": Framework(starlette_api.create_app, AsyncVerifier, serving_asgi),
    "fastapi": Framework(fastapi_api.create_app, AsyncVerifier, serving_asgi),
    "django": Framework(django_api.create_wsgi, AsyncVerifier, serving_wsgi),
    "django, async": Framework(django_api.create_asgi, AsyncVerifier, serving_asgi),
    "wsgi": Framework(wsgi_api.create_app, Verifier, serving_wsgi),
    "asgi": Framework(asgi_api.create_app, AsyncVerifier, serving_asgi),
}


class Api:
    """The API of one framework, as a client sees it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, headers: Any = ()) -> Answer:
        """Ask for a path."""
        return ask(self.url + path, headers)


@pytest.fixture(params=FRAMEWORKS)
def make_api(request: pytest.FixtureRequest, signet: Signet) -> Iterator[Callable[..., Api]]:
    """Makes the API of each framework, with further options for its verifier."""
    framework = FRAMEWORKS[request.param]
    with ExitStack() as running:

        def make(**options: Any) -> Api:
            verifier: Any = framework.verifier(
                signet.issuer,
                API,
                **{"clock": signet.clock.now, "resource_metadata": API + DOCUMENT, **options},
            )
            running.callback(getattr(verifier, "blocking", verifier).close)
            return Api(running.enter_context(framework.serve(framework.create(verifier))))

        yield make


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    return make_api()


@pytest.fixture
def tokens(signet: Signet) -> Tokens:
    """What a client has that may read the notes of alex."""
    client = signet.add_client(resources=[API])
    return signet.sign_in(client, signet.add_user("alex"), scope="notes:read", resource=API)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_opens_what_it_is_for(api: Api, signet: Signet, tokens: Tokens) -> None:
    answer = api.get("/notes?page=2", tokens.headers)
    assert answer.status == 200
    assert answer.json == {"subject": jwt.claims_of(tokens.access_token)["sub"]}


@pytest.mark.spec("RFC6750-3")
def test_without_a_token_the_challenge_names_no_error(api: Api) -> None:
    answer = api.get("/notes")
    assert answer.status == 401
    challenge = str(answer.header("WWW-Authenticate"))
    assert challenge.startswith("Bearer ")
    assert 'scope="notes:read"' in challenge
    assert f'resource_metadata="{API}{DOCUMENT}"' in challenge
    assert "error" not in challenge
    assert answer.body == b""


@pytest.mark.spec("RFC6750-3.1")
@pytest.mark.parametrize(
    "change",
    [
        {"signed_by": "stranger"},
        {"signed_by": "impostor"},
        {"signed_by": "nobody"},
        {"lifetime": -60},
        {"audience": "https://elsewhere.example"},
        {"kind": "id_token"},
        {"iss": "https://elsewhere.example"},
    ],
    ids=str,
)
def test_no_forgery_opens_it(api: Api, signet: Signet, change: Mapping[str, Any]) -> None:
    forged = signet.mint(**{"audience": API, "scope": "notes:read", **change})
    answer = api.get("/notes", bearer(forged))
    assert answer.status == 401
    assert 'error="invalid_token"' in str(answer.header("WWW-Authenticate"))
    assert answer.json["error"] == "invalid_token"
    assert answer.is_no_store


@pytest.mark.spec("RFC6750-3.1")
def test_what_is_malformed_is_told(api: Api, tokens: Tokens) -> None:
    for headers, query in (
        ([("Authorization", "Bearer a"), ("Authorization", "Bearer b")], ""),
        ([("Authorization", "Bearer a b")], ""),
        ([*tokens.headers.items()], "?access_token=abc"),
    ):
        answer = api.get(f"/notes{query}", headers)
        assert (answer.status, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.spec("RFC6750-3.1")
def test_a_scope_that_is_missing_is_named(api: Api, signet: Signet) -> None:
    answer = api.get("/notes", bearer(signet.mint(audience=API, scope="openid")))
    assert (answer.status, answer.json["error"]) == (403, "insufficient_scope")
    challenge = str(answer.header("WWW-Authenticate"))
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="notes:read"' in challenge


@pytest.mark.spec("RFC9470-3")
def test_a_sign_in_that_does_not_do_is_stepped_up(
    api: Api, signet: Signet, tokens: Tokens
) -> None:
    answer = api.get("/account", tokens.headers)
    assert (answer.status, answer.json["error"]) == (401, "insufficient_user_authentication")
    challenge = str(answer.header("WWW-Authenticate"))
    assert f'acr_values="{STRONG}"' in challenge
    assert 'max_age="300"' in challenge
    robin = signet.add_user("robin")
    again = signet.sign_in(tokens.client, robin, resource=API, acr=STRONG)
    assert api.get("/account", again.headers).json == {"subject": robin.sub}
    long_ago = signet.sign_in(tokens.client, robin, resource=API, acr=STRONG, authenticated=301)
    assert api.get("/account", long_ago.headers).status == 401


@pytest.mark.spec("RFC9728-3.1")
def test_the_metadata_is_for_everybody(api: Api, signet: Signet) -> None:
    answer = api.get(DOCUMENT)
    assert answer.status == 200
    assert answer.json["resource"] == API
    assert answer.json["authorization_servers"] == [signet.issuer]
    assert answer.json["scopes_supported"] == ["notes:read"]
    assert answer.header("Access-Control-Allow-Origin") == "*"


def test_time_ends_a_token(api: Api, signet: Signet, tokens: Tokens) -> None:
    assert api.get("/notes", tokens.headers).status == 200
    signet.clock.advance(tokens.expires_in + 31)
    assert api.get("/notes", tokens.headers).json["error"] == "invalid_token"


def test_a_revoked_token_is_refused_within_seconds(
    api: Api, signet: Signet, tokens: Tokens
) -> None:
    assert api.get("/notes", tokens.headers).status == 200
    signet.revoke(tokens)
    signet.clock.advance(5)
    answer = api.get("/notes", tokens.headers)
    assert (answer.status, answer.json["error"]) == (401, "invalid_token")


def test_what_was_called_back_is_refused_with_the_provider_gone(
    api: Api, signet: Signet, tokens: Tokens
) -> None:
    other = signet.sign_in(
        tokens.client, signet.add_user("robin"), scope="notes:read", resource=API
    )
    signet.revoke(tokens)
    assert api.get("/notes", other.headers).status == 200
    signet.stop()
    assert api.get("/notes", tokens.headers).status == 401
    assert api.get("/notes", other.headers).status == 200


def test_an_outage_is_no_verdict(api: Api, signet: Signet, tokens: Tokens) -> None:
    signet.stop()
    answer = api.get("/notes", tokens.headers)
    assert answer.status == 503
    assert int(str(answer.header("Retry-After"))) > 0
    assert answer.header("WWW-Authenticate") is None
    signet.start()
    signet.clock.advance(60)
    assert api.get("/notes", tokens.headers).status == 200


def proof(signet: Signet, token: str, url: str, **changes: Any) -> dict[str, str]:
    """Return the headers of a request with a bound token (RFC 9449 §7.1)."""
    key = jwt.key_for("ES256")
    claims = {
        "jti": f"proof-{os.urandom(8).hex()}",
        "htm": "GET",
        "htu": url,
        "iat": signet.clock.now(),
        "ath": jwt.encode(sha256(token.encode()).digest()),
        **changes,
    }
    signed = jwt.sign(key, claims, typ="dpop+jwt", kid=None, jwk=dict(key.as_dict(private=False)))
    return {"Authorization": f"DPoP {token}", "DPoP": signed}


@pytest.mark.spec("RFC9449-7.1")
def test_a_bound_token_needs_its_proof(make_api: Callable[..., Api], signet: Signet) -> None:
    api = make_api(dpop=Dpop(nonce_secret=bytes(32)))
    bound = {"jkt": jwt.key_for("ES256").thumbprint()}
    token = signet.mint(audience=API, scope="notes:read", cnf=bound)
    assert api.get("/notes", bearer(token)).status == 401
    here = API + "/notes"
    wanted = api.get("/notes", proof(signet, token, here))
    assert (wanted.status, wanted.json["error"]) == (401, "use_dpop_nonce")
    nonce = str(wanted.header("DPoP-Nonce"))
    assert api.get("/notes", proof(signet, token, here, nonce=nonce)).status == 200
    elsewhere = proof(signet, token, "https://elsewhere.example/notes", nonce=nonce)
    assert api.get("/notes", elsewhere).json["error"] == "invalid_dpop_proof"
    # Django knows its hosts, the others take any
    named_so = api.get("/notes", {**elsewhere, "Host": "elsewhere.example"})
    assert named_so.status in (400, 401)
    signet.clock.advance(60)
    fresh = api.get("/notes", proof(signet, token, here, nonce=nonce))
    assert fresh.status == 200
    assert fresh.header("DPoP-Nonce") not in (None, nonce)


@pytest.mark.parametrize("example", ["flask", "starlette", "fastapi", "django", "wsgi", "asgi"])
def test_the_example_runs_as_it_is(signet: Signet, tokens: Tokens, example: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = [sys.executable, "-m", f"tests.resource_server.examples.{example}_api"]
    told = {"ISSUER": signet.issuer, "AUDIENCE": API, "PORT": str(port)}
    running = subprocess.Popen(
        program, env={**os.environ, **told}, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        answer = first_answer(f"http://127.0.0.1:{port}/notes", tokens.headers, running)
        assert answer.json["subject"] == jwt.claims_of(tokens.access_token)["sub"]
    finally:
        running.kill()
        running.wait()


def first_answer(url: str, headers: Mapping[str, str], running: subprocess.Popen[bytes]) -> Answer:
    """Return what a program answers once it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert running.poll() is None, "it ended by itself"
        try:
            return ask(url, headers)
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError("it does not listen")
