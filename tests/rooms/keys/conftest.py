from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from provider.keys.keyring import Keyring, OpenTransaction
from provider.keys.lifecycle import KeyPolicy
from provider.keys.vault import Vault
from provider.store.schema import metadata
from provider.store.unit_of_work import open_engine, transaction
from tests.rooms.keys.support import CountedEntropy, Own, StatedClock

MASTER = b"m" * 32
MakeKeyring = Callable[..., Keyring]


@pytest.fixture
def tx_factory(tmp_path: Path) -> Iterator[OpenTransaction]:
    engine = open_engine(f"sqlite:///{tmp_path / 'keys.db'}")
    with engine.begin() as connection:
        metadata.create_all(connection)
    yield partial(transaction, engine)
    engine.dispose()


@pytest.fixture
def clock() -> StatedClock:
    return StatedClock()


@pytest.fixture
def policy() -> KeyPolicy:
    return KeyPolicy(keep_after=660, derivation_keep_after=90 * 86400)


@pytest.fixture
def process(tx_factory: OpenTransaction, clock: StatedClock, policy: KeyPolicy) -> MakeKeyring:
    """Return a function that starts another process on the same database."""

    def start(
        seed: str, *, masters: tuple[bytes, ...] = (MASTER,), policy: KeyPolicy = policy
    ) -> Keyring:
        entropy = CountedEntropy(seed)
        return Keyring(tx_factory, Vault(masters, entropy), clock, entropy, policy)

    return start


@pytest.fixture
def keyring(process: MakeKeyring, tx_factory: OpenTransaction, clock: StatedClock) -> Keyring:
    keyring = process("first")
    with tx_factory() as tx:
        keyring.ensure(tx, clock.time)
    return keyring


@pytest.fixture(scope="session")
def rsa_key() -> Own:
    return Own.make("RS256")


@pytest.fixture(scope="session")
def ec_key() -> Own:
    return Own.make("ES256")
