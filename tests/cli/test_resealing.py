"""Changing the secret key: everything is sealed anew, so that the earlier one can go."""

import json
import os

import pytest

from provider.cli.operating import operating
from provider.context import Provider
from provider.credentials import client_secret
from provider.keys.vault import Vault
from provider.model.client import Client
from provider.store import clients, keys
from provider.store.schema import client_secret as secret_table
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet
from tests.support import watching
from tests.support.factories import make_client

pytestmark = pytest.mark.both_databases


@pytest.fixture
def signing_client(provider: Provider) -> Client:
    """A client whose secret is a key, and so kept sealed."""
    return make_client(provider, "notes", token_endpoint_auth_method="client_secret_jwt").client


def change_secret_key(operator: Signet) -> str:
    """Put a new secret key before the present one. Return the one that was."""
    old = os.environ["SIGNET_SECRET_KEY"]
    os.environ["SIGNET_SECRET_KEY"] = operator("secret").output.strip()
    os.environ["SIGNET_PREVIOUS_SECRET_KEYS"] = old
    return old


def secrets_of(client_id: str) -> list[bytes]:
    with operating(read_only=True) as ctx:
        client = clients.find(ctx.tx, client_id)
        assert client is not None
        return client_secret.values(ctx, client)


def sealed_keys(provider: Provider) -> dict[str, bytes]:
    with transaction(provider.engine, read_only=True) as tx:
        return {key.kid: key.sealed for key in keys.all_keys(tx)}


def finding(operator: Signet, subject: str) -> tuple[str, str]:
    document = json.loads(operator("check", "--json").output)
    return next((o["state"], o["what"]) for o in document["findings"] if o["subject"] == subject)


def subjects(operator: Signet) -> list[str]:
    document = json.loads(operator("check", "--json").output)
    return [one["subject"] for one in document["findings"]]


@pytest.mark.settings(profile="openid")
def test_the_earlier_secret_key_is_needed_until_everything_is_sealed_anew(
    operator: Signet, provider: Provider, signing_client: Client
) -> None:
    secret, before = secrets_of(signing_client.client_id), sealed_keys(provider)
    assert not any(one == "seals" for one in subjects(operator))
    change_secret_key(operator)
    assert secrets_of(signing_client.client_id) == secret
    state, what = finding(operator, "seals")
    assert (state, f"{len(before)} keys and 1 client secrets" in what) == ("warn", True)
    told = json.loads(operator("keys", "reseal", "--json").output)
    assert told == {"keys": len(before), "client_secrets": 1, "left": 0}
    state, what = finding(operator, "seals")
    assert (state, "nothing" in what) == ("ok", True)
    del os.environ["SIGNET_PREVIOUS_SECRET_KEYS"]
    assert secrets_of(signing_client.client_id) == secret
    after = sealed_keys(provider)
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert finding(operator, "keys")[0] == "ok"


def test_afterwards_the_earlier_one_opens_nothing(
    operator: Signet, signing_client: Client
) -> None:
    old = change_secret_key(operator)
    assert operator("keys", "reseal").output == "Sealed anew: {} keys, 1 client secrets.\n".format(
        len(json.loads(operator("keys", "list", "--json").output))
    )
    del os.environ["SIGNET_PREVIOUS_SECRET_KEYS"]
    os.environ["SIGNET_SECRET_KEY"] = old
    state, what = finding(operator, "keys")
    assert (state, "another secret key" in what) == ("fail", True)


def test_doing_it_again_does_nothing(
    operator: Signet, provider: Provider, signing_client: Client
) -> None:
    change_secret_key(operator)
    operator("keys", "reseal")
    before = sealed_keys(provider)
    told = json.loads(operator("keys", "reseal", "--json").output)
    assert told == {"keys": 0, "client_secrets": 0, "left": 0}
    assert sealed_keys(provider) == before
    assert len(watching.events(provider, "secrets_resealed")) == 1


def test_without_the_earlier_one_nothing_is_changed(
    operator: Signet, provider: Provider, signing_client: Client
) -> None:
    before = sealed_keys(provider)
    change_secret_key(operator)
    del os.environ["SIGNET_PREVIOUS_SECRET_KEYS"]
    result = operator("keys", "reseal")
    assert result.exit_code == 1
    assert "another secret key" in result.stderr
    assert "Traceback" not in result.stderr
    assert sealed_keys(provider) == before


@pytest.mark.settings(profile="openid")
def test_a_secret_that_nothing_opens_is_left_and_named(
    operator: Signet, provider: Provider, signing_client: Client
) -> None:
    other = make_client(provider, "other", token_endpoint_auth_method="client_secret_jwt").client
    (lost,) = other.secrets
    foreign = Vault([b"x" * 32], provider.entropy).seal(b"s", f"client secret {lost.id}")
    with transaction(provider.engine) as tx:
        tx.execute(
            secret_table.update().where(secret_table.c.id == lost.id).values(sealed=foreign)
        )
    change_secret_key(operator)
    told = json.loads(operator("keys", "reseal", "--json").output)
    assert (told["client_secrets"], told["left"]) == (1, 1)
    assert "1 could not be opened" in operator("keys", "reseal").output
    state, what = finding(operator, "clients")
    assert (state, what.partition(":")[0]) == ("fail", other.client_id)


@pytest.mark.settings(profile="openid")
def test_many_secrets_are_sealed_anew_step_by_step(
    operator: Signet, provider: Provider, signing_client: Client
) -> None:
    for name in ("second", "third", "fourth"):
        make_client(provider, name, token_endpoint_auth_method="client_secret_jwt")
    change_secret_key(operator)
    steps: list[int] = []
    after: str | None = ""
    while after is not None:
        with operating() as ctx:
            resealed, after = client_secret.reseal(ctx, after, 2)
            steps.append(resealed)
    assert steps == [2, 2, 0]
