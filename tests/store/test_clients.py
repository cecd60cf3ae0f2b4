from dataclasses import replace

import pytest

from provider.model.client import Client, ClientPolicy
from provider.store import authorizations, clients, consents
from provider.store.schema import metadata
from provider.store.unit_of_work import Transaction
from tests.store.arrange import (
    HOUR,
    NOW,
    a_consent,
    a_secret,
    add_account,
    add_authorization,
    add_client,
    add_people,
    add_request,
    digest,
    without_state,
)

FULL = Client(
    client_id="full",
    client_name="Ünïcode 클라이언트",
    application_type="native",
    token_endpoint_auth_method="private_key_jwt",
    token_endpoint_auth_signing_alg="ES256",
    redirect_uris=("https://app.example/cb", "com.example.app:/cb"),
    post_logout_redirect_uris=("https://app.example/",),
    grant_types=("authorization_code", "refresh_token"),
    scope="openid profile offline_access",
    jwks={"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "1"}]},
    id_token_signed_response_alg="ES256",
    default_max_age=300,
    client_uri="https://app.example",
    policy=ClientPolicy(
        require_pkce=False,
        resources=("https://api.example",),
        consent="always",
        rotate_refresh_tokens=False,
        refresh_repeat_window=0,
    ),
)


def test_a_client_comes_back_as_it_was_registered(tx: Transaction) -> None:
    clients.add(tx, FULL, NOW)
    found = clients.find(tx, "full")
    assert found is not None
    assert without_state(found) == FULL
    assert found.created_at == NOW


def test_a_secret_comes_back_with_what_is_sealed_of_it(tx: Transaction) -> None:
    plain, key = a_secret("1"), a_secret("2", sealed=b"\x00\xff" * 60)
    add_client(tx, secrets=(plain, key))
    found = clients.find(tx, "app")
    assert found is not None
    assert found.secrets == (plain, key)
    assert [one.secrets for one in clients.list_all(tx)] == [(plain, key)]


def test_an_unknown_client_is_not_found(tx: Transaction) -> None:
    add_client(tx)
    assert clients.find(tx, "App") is None
    assert clients.find(tx, "app ") is None
    assert clients.find(tx, "") is None


def test_clients_are_listed_once_each_oldest_first(tx: Transaction) -> None:
    clients.add(tx, replace(FULL, client_id="b", secrets=(a_secret("1"), a_secret("2"))), NOW)
    clients.add(tx, replace(FULL, client_id="a"), NOW + 1)
    clients.add(tx, replace(FULL, client_id="z"), NOW - 1)
    assert [client.client_id for client in clients.list_all(tx)] == ["z", "b", "a"]


def test_two_secrets_are_live_while_a_client_rotates(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("old"),))
    clients.add_secret(tx, "app", a_secret("new", created_at=NOW + 1))
    found = clients.find(tx, "app")
    assert found is not None
    assert [secret.id for secret in found.secrets if secret.is_live(NOW + 1)] == ["old", "new"]


def test_secrets_come_in_the_order_they_were_made(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("a", created_at=NOW + 2), a_secret("b", created_at=NOW)))
    clients.add_secret(tx, "app", a_secret("0", created_at=NOW + 1))
    found = clients.find(tx, "app")
    assert found is not None
    assert [secret.id for secret in found.secrets] == ["b", "0", "a"]


def test_the_other_secrets_stop_working_at_the_stated_second(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("old"), a_secret("new")))
    clients.expire_secrets(tx, "app", except_id="new", expires_at=NOW + HOUR)
    assert _live(tx, NOW + HOUR - 1) == {"old", "new"}
    assert _live(tx, NOW + HOUR) == {"new"}


def test_a_secret_that_ends_earlier_is_not_given_more_time(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("old", expires_at=NOW + 10), a_secret("new")))
    clients.expire_secrets(tx, "app", except_id="new", expires_at=NOW + HOUR)
    assert _live(tx, NOW + 10) == {"new"}


def test_a_secret_that_ends_later_is_cut_short(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("old", expires_at=NOW + 2 * HOUR), a_secret("new")))
    clients.expire_secrets(tx, "app", except_id="new", expires_at=NOW + HOUR)
    assert _live(tx, NOW + HOUR) == {"new"}


def test_rotating_leaves_the_secrets_of_other_clients_alone(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("mine"),))
    add_client(tx, "other", secrets=(a_secret("theirs"),))
    clients.expire_secrets(tx, "app", except_id="none", expires_at=NOW)
    assert _live(tx, NOW, "other") == {"theirs"}
    assert _live(tx, NOW) == set()


def test_replacing_what_is_registered_keeps_secrets_and_state(tx: Transaction) -> None:
    add_client(tx, secrets=(a_secret("one"),))
    clients.disable(tx, "app", NOW + 1)
    clients.replace(tx, replace(FULL, client_id="app"), NOW + 2)
    found = clients.find(tx, "app")
    assert found is not None
    assert without_state(found) == replace(FULL, client_id="app")
    assert [secret.id for secret in found.secrets] == ["one"]
    assert (found.created_at, found.disabled_at) == (NOW, NOW + 1)


def test_a_client_is_switched_off_once_and_keeps_the_time(tx: Transaction) -> None:
    add_client(tx)
    assert clients.disable(tx, "app", NOW + 1)
    assert not clients.disable(tx, "app", NOW + 2)
    found = clients.find(tx, "app")
    assert found is not None
    assert found.disabled_at == NOW + 1
    assert not clients.disable(tx, "unknown", NOW)
    assert clients.enable(tx, "app")
    assert not clients.enable(tx, "app")
    again = clients.find(tx, "app")
    assert again is not None
    assert again.disabled_at is None


def test_removing_a_client_removes_all_that_hangs_on_it(tx: Transaction) -> None:
    add_people(tx)
    clients.add_secret(tx, "app", a_secret("one"))
    add_authorization(tx)
    add_request(tx)
    consents.remember(tx, a_consent("openid"))
    assert clients.remove(tx, "app", now=NOW)
    left = {table.name for table in metadata.sorted_tables if tx.execute(table.select()).first()}
    assert left - {"schema_support"} == {"account", "change_count"}


def test_removing_a_client_leaves_other_clients_alone(tx: Transaction) -> None:
    add_account(tx)
    for client_id in ("app", "other"):
        add_client(tx, client_id, secrets=(a_secret(client_id),))
        add_authorization(tx, client_id, code=digest(client_id), client_id=client_id)
    assert clients.remove(tx, "app", now=NOW)
    assert not clients.remove(tx, "app", now=NOW)
    assert _live(tx, NOW, "other") == {"other"}
    assert authorizations.find(tx, "app") is None
    assert authorizations.find(tx, "other") is not None


@pytest.mark.parametrize("secrets", [(), (a_secret("one"),)])
def test_a_client_has_exactly_its_secrets(tx: Transaction, secrets: tuple[object, ...]) -> None:
    add_client(tx, secrets=secrets)
    found = clients.find(tx, "app")
    assert found is not None
    assert found.secrets == secrets


def _live(tx: Transaction, now: int, client_id: str = "app") -> set[str]:
    client = clients.find(tx, client_id)
    assert client is not None
    return {secret.id for secret in client.secrets if secret.is_live(now)}
