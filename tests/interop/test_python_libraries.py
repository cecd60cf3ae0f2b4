"""Two client libraries for Python against a running provider: Authlib's own client, and
requests-oauth2client. The person agrees in a browser of the tests; the rest is the library's."""

from collections.abc import Callable
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from requests_oauth2client import (
    ClientSecretBasic,
    ClientSecretPost,
    IdToken,
    OAuth2Client,
    OAuth2Error,
    PrivateKeyJwt,
)

from tests.interop.served import Served
from tests.support import jwt, wire
from tests.support.factories import public

REDIRECT_URI = "https://rp.example/cb"
SCOPE = "openid profile email"


def agree(served: Served, username: str, address: str) -> str:
    """Let a person agree to what stands at the address. Return where they are sent."""
    browser = served.browser(username).come(address)
    if browser.left is None:
        browser.allow()
    assert browser.left is not None
    return browser.left.url


def authlib_session(served: Served, **metadata: Any) -> OAuth2Session:
    registered = served.register(**metadata)
    method = metadata.get("token_endpoint_auth_method", "client_secret_basic")
    return OAuth2Session(
        registered.client.client_id,
        registered.secret,
        redirect_uri=REDIRECT_URI,
        scope=SCOPE,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
        token_endpoint=f"{served.issuer}/token",
    )


def authlib_flow(served: Served, session: OAuth2Session) -> None:
    username = served.person()
    verifier = "a-verifier-of-forty-three-characters-or-more-1"
    address, state = session.create_authorization_url(
        f"{served.issuer}/authorize", code_verifier=verifier, nonce="a nonce"
    )
    arrived = agree(served, username, address)
    tokens = session.fetch_token(
        f"{served.issuer}/token",
        authorization_response=arrived,
        state=state,
        code_verifier=verifier,
    )
    told = session.get(f"{served.issuer}/userinfo").json()
    assert told["preferred_username"] == username
    refreshed = session.refresh_token(f"{served.issuer}/token", tokens["refresh_token"])
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    assert session.get(f"{served.issuer}/userinfo").json() == told


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_with_a_secret(oauth21: Served, method: str) -> None:
    authlib_flow(oauth21, authlib_session(oauth21, token_endpoint_auth_method=method))


def test_authlib_as_a_public_client(oauth21: Served) -> None:
    authlib_flow(oauth21, authlib_session(oauth21, **public()))


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_authlib_with_a_key(oauth21: Served, alg: str) -> None:
    key = jwt.key_for(alg)
    session = authlib_session(
        oauth21, token_endpoint_auth_method="private_key_jwt", jwks=jwt.public_set(key)
    )
    session.client_secret = key
    session.register_client_auth_method(PrivateKeyJWT(oauth21.issuer, alg=alg))
    authlib_flow(oauth21, session)


def discovered(served: Served, authentication: Any, client_id: str) -> OAuth2Client:
    """Configure requests-oauth2client from discovery, on plain http to this machine."""
    metadata = wire.send(
        served.app, "GET", f"{served.issuer}/.well-known/openid-configuration"
    ).json
    return OAuth2Client.from_discovery_document(
        metadata,
        issuer=served.issuer,
        authorization_server_jwks=wire.send(served.app, "GET", metadata["jwks_uri"]).json,
        auth=authentication,
        client_id=None if authentication else client_id,
        redirect_uri=REDIRECT_URI,
        testing=True,
    )


def requests_flow(served: Served, client: OAuth2Client) -> None:
    username = served.person()
    request = client.authorization_request(scope=SCOPE)
    arrived = request.validate_callback(agree(served, username, str(request)))
    tokens = client.authorization_code(arrived)
    assert isinstance(tokens.id_token, IdToken)
    assert tokens.id_token.iss == served.issuer
    told = client.userinfo(tokens)
    assert told["preferred_username"] == username
    refreshed = client.refresh_token(tokens)
    assert refreshed.refresh_token != tokens.refresh_token
    client.revoke_refresh_token(refreshed)
    with pytest.raises(OAuth2Error, match=r"invalid_grant|revoked"):
        client.refresh_token(refreshed)


@pytest.mark.parametrize("kind", [ClientSecretBasic, ClientSecretPost])
def test_requests_oauth2client_with_a_secret(
    oauth21: Served, kind: Callable[[str, str | None], Any]
) -> None:
    method = "client_secret_basic" if kind is ClientSecretBasic else "client_secret_post"
    registered = oauth21.register(token_endpoint_auth_method=method)
    client_id = registered.client.client_id
    requests_flow(oauth21, discovered(oauth21, kind(client_id, registered.secret), client_id))


def test_requests_oauth2client_as_a_public_client(oauth21: Served) -> None:
    client_id = oauth21.register(**public()).client.client_id
    requests_flow(oauth21, discovered(oauth21, None, client_id))


@pytest.mark.parametrize("alg", ["ES256", "PS256"])
def test_requests_oauth2client_with_a_key(oauth21: Served, alg: str) -> None:
    key = jwt.key_for(alg)
    registered = oauth21.register(
        token_endpoint_auth_method="private_key_jwt", jwks=jwt.public_set(key)
    )
    client_id = registered.client.client_id
    private = {**key.as_dict(private=True), "alg": alg}
    method = PrivateKeyJwt(client_id, private, alg=alg, aud=oauth21.issuer)
    requests_flow(oauth21, discovered(oauth21, method, client_id))


def test_requests_oauth2client_acts_for_itself_and_asks_about_its_token(oauth21: Served) -> None:
    registered = oauth21.register()
    client_id = registered.client.client_id
    client = discovered(oauth21, ClientSecretBasic(client_id, str(registered.secret)), client_id)
    tokens = client.client_credentials(scope="notes:read")
    assert client.introspect_token(tokens)["active"] is True
