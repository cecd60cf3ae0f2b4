"""What is sealed under which secret key, by the fingerprint that each value begins with."""

from dataclasses import replace

import pytest

from provider.store import clients, keys, sealed_values
from provider.store.keys import StoredKey
from provider.store.unit_of_work import Transaction
from tests.store.arrange import NOW, a_secret, add_client

OLD, NEW = b"oldoldol", b"newnewne"


@pytest.fixture(autouse=True)
def _sealed(tx: Transaction) -> None:
    """Two keys and four client secrets, of which one is not sealed; one of each is new."""
    for ordinal, sealed in enumerate((OLD + b"key", NEW + b"key"), 1):
        key = StoredKey(
            kid=f"key-{ordinal}", purpose="sign", alg="ES256", ordinal=ordinal, sealed=sealed,
            public=None, created_at=NOW, activates_at=NOW,
        )  # fmt: skip
        assert keys.add(tx, key)
    add_client(tx)
    for number, value in enumerate((OLD + b"a", NEW + b"b", OLD + b"c", None)):
        secret = replace(a_secret(f"secret {number}"), id=f"secret-{number}", sealed=value)
        clients.add_secret(tx, "app", secret)


def test_those_of_another_secret_key_are_counted(tx: Transaction) -> None:
    assert sealed_values.count_others(tx, NEW) == (1, 2)
    assert sealed_values.count_others(tx, OLD) == (1, 1)
    assert sealed_values.count_others(tx, b"\x00\xffother") == (2, 3)


def test_client_secrets_come_in_bounded_steps(tx: Transaction) -> None:
    first = sealed_values.client_secrets(tx, NEW, after="", limit=1)
    assert first == [("secret-0", OLD + b"a")]
    rest = sealed_values.client_secrets(tx, NEW, after="secret-0", limit=9)
    assert rest == [("secret-2", OLD + b"c")]
    assert sealed_values.client_secrets(tx, NEW, after="secret-2", limit=9) == []


def test_what_was_replaced_meanwhile_stays(tx: Transaction) -> None:
    assert sealed_values.replace_key(tx, "key-1", OLD + b"key", NEW + b"mine")
    assert not sealed_values.replace_key(tx, "key-1", OLD + b"key", NEW + b"yours")
    assert sealed_values.replace_client_secret(tx, "secret-0", OLD + b"a", NEW + b"mine")
    assert not sealed_values.replace_client_secret(tx, "secret-0", OLD + b"a", NEW + b"yours")
    assert not sealed_values.replace_client_secret(tx, "nobody", OLD + b"a", NEW + b"yours")
    assert sealed_values.count_others(tx, NEW) == (0, 1)
    assert next(key.sealed for key in keys.all_keys(tx)) == NEW + b"mine"
