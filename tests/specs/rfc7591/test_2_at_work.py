"""RFC 7591 §2: applications that registered themselves do what they registered, from the first
sign-in on. Each way of authentication and of signing that needs more than a secret's digest."""

import json

import pytest

from provider.context import Provider
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support import jwe, jwt
from tests.support.arrival import at_login
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.registering import Registrar, at_work, grant, metadata
from tests.support.site import Site
from tests.support.watching import at_once

GRANTS = ["authorization_code", "refresh_token"]
OPEN = {"mode": "open", "logo_check": "off"}
pytestmark = pytest.mark.settings(profile="openid", registration=OPEN)


@pytest.mark.both_databases
@pytest.mark.parametrize("alg", ["HS256", "ES256", "RS256"])
@pytest.mark.spec("OIDCR-2", "OIDCC-10.1")
def test_id_tokens_are_signed_as_registered(
    registrar: Registrar, clock: SettableClock, signed_in: Browser, alg: str
) -> None:
    body = registrar.register(id_token_signed_response_alg=alg, grant_types=GRANTS)
    tokens = at_work(registrar, clock, body).sign_in(signed_in)
    assert jwt.header_of(tokens.id_token)["alg"] == alg
    if alg == "HS256":
        assert jwt.verified_by(body["client_secret"], tokens.id_token)


@pytest.mark.both_databases
@pytest.mark.parametrize("method", ["client_secret_jwt", "client_secret_post", "none"])
@pytest.mark.spec("OIDCR-2", "OIDCC-9")
def test_clients_authenticate_as_registered(
    registrar: Registrar, clock: SettableClock, signed_in: Browser, method: str
) -> None:
    body = registrar.register(token_endpoint_auth_method=method, grant_types=GRANTS)
    party = at_work(registrar, clock, body)
    tokens = party.sign_in(signed_in)
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("OIDCR-2", "OIDCC-10.1.1", "OIDF-oidcc-registration-jwks-uri")
def test_a_client_known_by_the_address_of_its_keys_signs_people_in(
    registrar: Registrar, clock: SettableClock, signed_in: Browser, site: Site
) -> None:
    key = jwt.key_for("ES256")
    body = registrar.register(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks_uri=site.serve("/keys", json.dumps(jwt.public_set(key))),
        grant_types=GRANTS,
    )
    assert "client_secret" not in body
    assert site.asked("/keys") == 0
    party = at_work(registrar, clock, body)
    party.key = key
    assert party.sign_in(signed_in).access_token
    assert site.asked("/keys") == 1


@pytest.mark.spec("OIDCR-2", "OIDCC-10.2")
def test_id_tokens_are_encrypted_as_registered(
    registrar: Registrar, clock: SettableClock, signed_in: Browser
) -> None:
    key = jwe.key_for("RSA-OAEP-256")
    body = registrar.register(
        id_token_encrypted_response_alg="RSA-OAEP-256",
        jwks=jwt.public_set(key),
        grant_types=GRANTS,
    )
    party = at_work(registrar, clock, body)
    party.decryption_key = key
    assert party.sign_in(signed_in).claims["sub"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"id_token_signed_response_alg": "HS256"},
    ],
)
@pytest.mark.spec("RFC7592-2.2", "OIDCC-10.1")
def test_a_change_to_signing_with_the_secret_brings_one_to_sign_with(
    registrar: Registrar, clock: SettableClock, signed_in: Browser, changes: dict[str, str]
) -> None:
    body = registrar.register(grant_types=GRANTS)
    sent = metadata(client_id=body["client_id"], grant_types=GRANTS, **changes)
    changed = registrar.manage("PUT", body, sent).json
    assert changed["client_secret"] != body["client_secret"]
    assert changed["client_secret_expires_at"] == 0
    assert at_work(registrar, clock, changed).sign_in(signed_in).id_token
    assert "client_secret" not in registrar.manage("PUT", body, sent).json


@pytest.mark.spec("RFC7592-2.2")
def test_a_change_that_the_secret_serves_brings_no_other(
    registrar: Registrar, provider: Provider
) -> None:
    body = registrar.register(token_endpoint_auth_method="client_secret_jwt")
    sent = metadata(client_id=body["client_id"], id_token_signed_response_alg="HS256")
    assert "client_secret" not in registrar.manage("PUT", body, sent).json
    with transaction(provider.engine, read_only=True) as tx:
        found = clients.find(tx, body["client_id"])
    assert found is not None
    assert len(found.secrets) == 1


@pytest.mark.spec("RFC7592-2.2")
def test_a_change_to_no_authentication_ends_the_secrets(
    registrar: Registrar, provider: Provider
) -> None:
    body = registrar.register()
    sent = metadata(client_id=body["client_id"], token_endpoint_auth_method="none")
    assert "client_secret" not in registrar.manage("PUT", body, sent).json
    with transaction(provider.engine, read_only=True) as tx:
        found = clients.find(tx, body["client_id"])
    assert found is not None
    assert not [kept for kept in found.secrets if kept.is_live(provider.clock.now())]


@pytest.mark.both_databases
@pytest.mark.settings(registration={"mode": "token"})
@pytest.mark.spec("RFC7591-3")
def test_of_many_at_once_one_takes_the_last_use_of_a_token(
    registrar: Registrar, provider: Provider
) -> None:
    token = grant(provider)
    answers = at_once(lambda: registrar.post(metadata(), token), 12)
    assert sorted(answer.status for answer in answers) == [201, *[401] * 11]
    with transaction(provider.engine, read_only=True) as tx:
        assert clients.count_dynamic(tx) == 1


@pytest.mark.spec("OIDCR-2", "OIDF-oidcc-registration-logo-uri")
def test_the_sign_in_page_shows_who_asks(
    registrar: Registrar, clock: SettableClock, user_agent: Browser
) -> None:
    body = registrar.register(
        logo_uri="https://rp.example/logo.png",
        policy_uri="https://rp.example/policy",
        tos_uri="https://rp.example/terms",
    )
    at_login(user_agent, at_work(registrar, clock, body))
    elements = user_agent.page.elements
    assert elements["client-logo"].attributes["src"] == body["logo_uri"]
    assert elements["client-policy"].attributes["href"] == body["policy_uri"]
    assert elements["client-tos"].attributes["href"] == body["tos_uri"]
