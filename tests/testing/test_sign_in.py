"""People, clients, and tokens without a browser."""

from typing import Any
from urllib.error import HTTPError

import pytest

from provider.registration.problem import NotRegistrable
from provider.testing.application import Refused
from provider.testing.signet import Signet
from tests.testing.conftest import Verify, get

API = "https://api.example"


def test_tokens_are_of_the_person_and_the_client(signet: Signet, verified: Verify) -> None:
    client, user = signet.add_client(), signet.add_user("alex", name="Alex")
    tokens = signet.sign_in(client, user, scope="openid profile")
    claims = verified(tokens.id_token)
    assert claims == tokens.claims
    assert (claims["sub"], claims["aud"]) == (user.sub, client.client_id)
    assert claims["iat"] == signet.clock.now()
    told = get(f"{signet.issuer}/userinfo", tokens.headers)
    assert (told["sub"], told["name"]) == (user.sub, "Alex")


def test_an_api_is_named_by_its_resource(signet: Signet, verified: Verify) -> None:
    client = signet.add_client(resources=[API])
    tokens = signet.sign_in(client, signet.add_user(), resource=API)
    assert API in verified(tokens.access_token)["aud"]


def test_how_and_when_the_person_signed_in(signet: Signet, verified: Verify) -> None:
    tokens = signet.sign_in(
        signet.add_client(),
        signet.add_user(),
        acr="urn:example:two-factors",
        amr=["pwd", "otp"],
        authenticated=300,
    )
    claims = verified(tokens.access_token)
    assert claims["acr"] == "urn:example:two-factors"
    assert claims["amr"] == ["pwd", "otp"]
    assert claims["auth_time"] == signet.clock.now() - 300


@pytest.mark.parametrize("method", ["client_secret_post", "none"])
def test_clients_that_authenticate_otherwise(signet: Signet, method: str) -> None:
    client = signet.add_client(token_endpoint_auth_method=method)
    tokens = signet.sign_in(client, signet.add_user(), scope="openid offline_access")
    assert signet.refresh(tokens).refresh_token != tokens.refresh_token


def test_a_client_speaks_for_itself(signet: Signet, verified: Verify) -> None:
    client = signet.add_client(grant_types=["client_credentials"], resources=[API])
    tokens = signet.client_credentials(client, resource=API)
    claims = verified(tokens.access_token)
    assert (claims["sub"], claims["aud"]) == (client.client_id, API)


def test_an_api_may_want_opaque_tokens(signet: Signet) -> None:
    client = signet.add_client(resources=[API])
    signet.add_audience(API, token_format="opaque")
    tokens = signet.sign_in(client, signet.add_user(), resource=API)
    assert tokens.access_token.startswith("signet_at_")
    with pytest.raises(ValueError, match="has a record"):
        signet.add_audience(API)


def test_the_person_can_also_sign_in_on_the_page(signet: Signet) -> None:
    user = signet.add_user("alex", password="correct horse battery")
    assert (user.username, user.password) == ("alex", "correct horse battery")
    assert user.email == "alex@example.com"


def test_names_are_taken_once(signet: Signet) -> None:
    signet.add_user("alex")
    with pytest.raises(ValueError, match="another account"):
        signet.add_user("alex")


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"redirect_uris": ["http://app.example/cb"]}, "can not be registered"),
        ({"scope": "openid unheard-of"}, "the scope unheard-of is not known"),
        ({"response_types": ["token"]}, "not supported"),
        ({"backchannel_logout_uri": "ftp://app.example"}, "not an https address"),
    ],
)
def test_a_client_that_could_not_be_registered_is_refused(
    signet: Signet, metadata: dict[str, Any], said: str
) -> None:
    with pytest.raises(NotRegistrable, match=said):
        signet.add_client(**metadata)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"scope": "unheard-of"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "login"}, "interaction"),
        ({"redirect_uri": "https://elsewhere.example/cb"}, "interaction"),
    ],
)
def test_what_the_provider_refuses_is_refused(
    signet: Signet, asked: dict[str, Any], error: str
) -> None:
    with pytest.raises(Refused) as refused:
        signet.sign_in(signet.add_client(), signet.add_user(), **asked)
    assert refused.value.error == error


def test_consent_is_asked_where_the_client_is_registered_so(signet: Signet) -> None:
    client = signet.add_client(consent="always")
    with pytest.raises(Refused, match="consent"):
        signet.sign_in(client, signet.add_user())


def test_a_person_of_another_provider_is_nobody_here(signet: Signet) -> None:
    stranger = signet.add_user()
    signet.disable(stranger)
    with pytest.raises(Refused, match="login"):
        signet.sign_in(signet.add_client(), stranger)


def test_nobody_answers_while_it_is_stopped(signet: Signet) -> None:
    client, user = signet.add_client(), signet.add_user()
    tokens = signet.sign_in(client, user)
    signet.stop()
    with pytest.raises(OSError, match="refused"):
        get(f"{signet.issuer}/userinfo", tokens.headers)
    signet.start()
    assert get(f"{signet.issuer}/userinfo", tokens.headers)["sub"] == user.sub


def test_a_secret_that_is_wrong_is_wrong_here_too(signet: Signet) -> None:
    client, other = signet.add_client(), signet.add_client()
    mixed = type(client)(**{**vars(client), "client_secret": other.client_secret})
    with pytest.raises(Refused) as refused:
        signet.sign_in(mixed, signet.add_user())
    assert (refused.value.error, refused.value.status) == ("invalid_client", 401)


def test_userinfo_opens_to_nobody_without_a_token(signet: Signet) -> None:
    with pytest.raises(HTTPError) as refused:
        get(f"{signet.issuer}/userinfo")
    assert refused.value.code == 401
    refused.value.close()
