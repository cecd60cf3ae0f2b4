from dataclasses import replace
from functools import partial
from threading import Barrier, Thread

import pytest

from provider.keys.keyring import OpenTransaction
from provider.store import keys
from provider.store.keys import StoredKey
from provider.store.unit_of_work import Engine, transaction

KEY = StoredKey(
    kid="a",
    purpose="sign",
    alg="ES256",
    ordinal=1,
    sealed=b"\x00sealed",
    public={"kty": "EC"},
    created_at=100,
    activates_at=200,
)


@pytest.fixture
def tx_factory(engine: Engine) -> OpenTransaction:
    return partial(transaction, engine)


def test_a_key_comes_back_as_it_was_added(tx_factory: OpenTransaction) -> None:
    derivation = replace(KEY, kid="b", purpose="derive", alg="HS256", public=None)
    with tx_factory() as tx:
        assert keys.add(tx, KEY)
        assert keys.add(tx, derivation)
    with tx_factory(read_only=True) as tx:
        assert keys.all_keys(tx) == [derivation, KEY]


def test_an_ordinal_or_kid_is_taken_once(tx_factory: OpenTransaction) -> None:
    with tx_factory() as tx:
        assert keys.add(tx, KEY)
        assert not keys.add(tx, replace(KEY, kid="b"))
        assert not keys.add(tx, replace(KEY, ordinal=2))
        assert keys.add(tx, replace(KEY, kid="b", ordinal=2))
        assert keys.add(tx, replace(KEY, kid="c", alg="RS256"))
        assert len(keys.all_keys(tx)) == 3


def test_of_several_at_once_one_adds_the_ordinal(tx_factory: OpenTransaction) -> None:
    barrier = Barrier(6)
    added: list[bool] = []

    def add(kid: str) -> None:
        barrier.wait()
        with tx_factory() as tx:
            added.append(keys.add(tx, replace(KEY, kid=kid)))

    threads = [Thread(target=add, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [False] * 5 + [True]


def test_the_earlier_end_of_a_key_wins(tx_factory: OpenTransaction) -> None:
    def ends() -> tuple[int | None, int | None]:
        (key,) = keys.all_keys(tx)
        return key.retires_at, key.expires_at

    with tx_factory() as tx:
        keys.add(tx, KEY)
        assert ends() == (None, None)
        assert keys.retire(tx, "a", retires_at=500, expires_at=900)
        assert ends() == (500, 900)
        keys.retire(tx, "a", retires_at=600, expires_at=800)
        assert ends() == (500, 800)
        keys.retire(tx, "a", retires_at=400, expires_at=950)
        assert ends() == (400, 800)
        assert not keys.retire(tx, "unknown", retires_at=1, expires_at=1)


def test_any_change_changes_the_times(tx_factory: OpenTransaction) -> None:
    with tx_factory() as tx:
        seen = {keys.times(tx)}
        keys.add(tx, KEY)
        seen.add(keys.times(tx))
        keys.add(tx, replace(KEY, kid="b", ordinal=2))
        seen.add(keys.times(tx))
        keys.retire(tx, "a", retires_at=500, expires_at=900)
        seen.add(keys.times(tx))
        keys.purge(tx, 900)
        seen.add(keys.times(tx))
    assert len(seen) == 5


def test_only_expired_keys_are_purged(tx_factory: OpenTransaction) -> None:
    with tx_factory() as tx:
        keys.add(tx, KEY)
        keys.add(tx, replace(KEY, kid="b", ordinal=2))
        keys.retire(tx, "a", retires_at=500, expires_at=900)
        assert keys.purge(tx, 899) == 0
        assert keys.purge(tx, 900) == 1
        assert [key.kid for key in keys.all_keys(tx)] == ["b"]
