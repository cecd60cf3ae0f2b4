import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from types import MappingProxyType
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import KeySet

from provider.keys.keyring import Keyring, NoActiveKey, OpenTransaction
from provider.keys.lifecycle import KeyPolicy
from provider.keys.purposes import ACCESS_TOKEN, CLIENT_ASSERTION, ID_TOKEN, ID_TOKEN_HINT
from provider.keys.vault import Vault
from provider.keys.verification import InvalidJwt
from provider.store import keys as stored_keys
from provider.store.schema import key as key_table
from provider.store.unit_of_work import StorageUnavailable, open_engine, transaction
from tests.rooms.keys.conftest import MASTER, MakeKeyring
from tests.rooms.keys.support import (
    API,
    DAY,
    ISSUER,
    NOW,
    CountedEntropy,
    StatedClock,
    access_claims,
)

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.fixture
def all_algorithms(policy: KeyPolicy) -> KeyPolicy:
    return replace(policy, algorithms=("RS256", "ES256", "PS256", "ES384", "EdDSA"))


@pytest.fixture
def wide(process: MakeKeyring, tx_factory: OpenTransaction, all_algorithms: KeyPolicy) -> Keyring:
    keyring = process("wide", policy=all_algorithms)
    with tx_factory() as tx:
        keyring.ensure(tx, NOW)
    return keyring


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "ES384", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_any_library_verifies_our_signature_with_our_key_set(wide: Keyring, alg: str) -> None:
    token = wide.sign(ACCESS_TOKEN, access_claims(), NOW, alg)
    keys = KeySet.import_key_set(json.loads(wide.jwks(NOW).body))
    decoded = jwt.decode(token, keys, algorithms=[alg])
    assert decoded.claims == access_claims()
    assert set(decoded.header) == {"alg", "typ", "kid"}
    assert (decoded.header["alg"], decoded.header["typ"]) == (alg, "at+jwt")


@pytest.mark.parametrize("alg", ["RS256", "ES256", "PS256", "ES384", "EdDSA"])
def test_we_verify_what_we_sign(wide: Keyring, alg: str) -> None:
    token = wide.sign(ACCESS_TOKEN, MappingProxyType(access_claims()), NOW, alg)
    verified = wide.verify(token, ACCESS_TOKEN, now=NOW, issuer=ISSUER, audience=API)
    assert verified.claims == access_claims()
    with pytest.raises(InvalidJwt):
        wide.verify(token, ACCESS_TOKEN, now=NOW + 600)


def test_the_default_algorithms_are_those_of_the_table(wide: Keyring) -> None:
    claims = access_claims()
    access = wide.verify(wide.sign(ACCESS_TOKEN, claims, NOW), ACCESS_TOKEN, now=NOW)
    hint = wide.verify(wide.sign(ID_TOKEN, claims, NOW), ID_TOKEN_HINT, now=NOW)
    assert (access.header["alg"], access.header["typ"]) == ("ES256", "at+jwt")
    assert (hint.header["alg"], hint.header["typ"]) == ("RS256", "JWT")


def test_no_kind_of_token_passes_for_another(wide: Keyring) -> None:
    access = wide.sign(ACCESS_TOKEN, access_claims(), NOW)
    id_token = wide.sign(ID_TOKEN, access_claims(), NOW)
    with pytest.raises(InvalidJwt, match="kind"):
        wide.verify(access, ID_TOKEN_HINT, now=NOW)
    with pytest.raises(InvalidJwt, match="kind"):
        wide.verify(id_token, ACCESS_TOKEN, now=NOW)


def test_a_token_that_was_verified_is_checked_again_in_all_but_its_signature(
    wide: Keyring, tx_factory: OpenTransaction, clock: StatedClock
) -> None:
    token = wide.sign(ACCESS_TOKEN, access_claims(), NOW)
    for _ in range(2):
        wide.verify(token, ACCESS_TOKEN, now=NOW, issuer=ISSUER, audience=API)
    otherwise: list[tuple[dict[str, Any], str]] = [
        ({"issuer": "https://other.example"}, "another issuer"),
        ({"audience": "https://other.example"}, "another audience"),
        ({"now": NOW + 600}, "expired"),
        ({"now": NOW - 600}, "future"),
    ]
    for about, reason in otherwise:
        with pytest.raises(InvalidJwt, match=reason):
            wide.verify(token, ACCESS_TOKEN, **{"now": NOW, **about})
    with pytest.raises(InvalidJwt, match="kind"):
        wide.verify(token, ID_TOKEN_HINT, now=NOW)
    with pytest.raises(InvalidJwt, match="signature"):
        wide.verify(token[:-8] + "AAAAAAAA", ACCESS_TOKEN, now=NOW)
    kid = wide.signing_kid("ES256", NOW)
    with tx_factory() as tx:
        wide.rotate(tx, NOW, immediately=True)
    clock.time = NOW + 5
    with tx_factory() as tx:
        wide.retire(tx, clock.time, kid)
    clock.time = NOW + 10
    with pytest.raises(InvalidJwt, match="unknown key"):
        wide.verify(token, ACCESS_TOKEN, now=clock.time)


def test_what_we_do_not_sign_or_have_no_key_for_is_an_error(keyring: Keyring) -> None:
    with pytest.raises(NoActiveKey):
        keyring.sign(ID_TOKEN, {}, NOW, "PS256")
    for alg in ("HS256", "none", "ES512"):
        with pytest.raises(ValueError, match="not signed"):
            keyring.sign(ID_TOKEN, {}, NOW, alg)
    with pytest.raises(ValueError, match="not signed"):
        keyring.sign(CLIENT_ASSERTION, {}, NOW)
    with pytest.raises(ValueError, match="not signed by us"):
        keyring.verify("a.b.c", CLIENT_ASSERTION, now=NOW)


def test_without_keys_signing_says_so(process: MakeKeyring) -> None:
    empty = process("empty")
    with pytest.raises(NoActiveKey):
        empty.sign(ID_TOKEN, {}, NOW)
    with pytest.raises(NoActiveKey):
        empty.active_derivation_kid(NOW)
    assert json.loads(empty.jwks(NOW).body) == {"keys": []}
    assert empty.is_due(NOW)


def test_the_key_set_holds_public_members_only(wide: Keyring, tx_factory: OpenTransaction) -> None:
    published = wide.jwks(NOW)
    keys = json.loads(published.body)["keys"]
    members = {
        "RSA": {"kty", "use", "alg", "kid", "n", "e"},
        "EC": {"kty", "use", "alg", "kid", "crv", "x", "y"},
        "OKP": {"kty", "use", "alg", "kid", "crv", "x"},
    }
    for key in keys:
        unnamed = {"alg"} if (key["kty"], key["use"]) == ("EC", "enc") else set()
        assert set(key) == members[key["kty"]] - unnamed
        assert not PRIVATE & set(key)
    signing = [key for key in keys if key["use"] == "sig"]
    assert sorted(key["alg"] for key in signing) == ["ES256", "ES384", "EdDSA", "PS256", "RS256"]
    assert sorted(key["kty"] for key in keys if key["use"] == "enc") == ["EC", "RSA"]
    assert len({key["kid"] for key in keys}) == 7
    assert len({key.get("n", key.get("x")) for key in keys}) == 7
    with tx_factory(read_only=True) as tx:
        secret = [row for row in stored_keys.all_keys(tx) if row.purpose in ("derive", "subject")]
        stored_public = [row.public for row in stored_keys.all_keys(tx)]
    assert len(secret) == 2
    assert not [row.kid for row in secret if row.kid.encode() in published.body]
    assert not [jwk for jwk in stored_public if jwk and PRIVATE & set(jwk)]


def test_the_public_column_cannot_smuggle_a_key_in(
    keyring: Keyring, process: MakeKeyring, tx_factory: OpenTransaction
) -> None:
    before = keyring.jwks(NOW)
    with tx_factory() as tx:
        tx.execute(key_table.update().values(public={"kty": "oct", "k": "secret"}))
    assert process("other").jwks(NOW) == before


def test_the_key_set_is_the_same_bytes_until_it_changes(
    keyring: Keyring, process: MakeKeyring, tx_factory: OpenTransaction, clock: StatedClock
) -> None:
    published = keyring.jwks(NOW)
    assert keyring.jwks(NOW) is published
    assert process("other").jwks(NOW) == published
    assert published.etag.startswith('"')
    with tx_factory() as tx:
        keyring.rotate(tx, NOW)
    assert keyring.jwks(NOW).etag != published.etag


def test_another_process_notices_a_rotation_within_two_seconds(
    keyring: Keyring, process: MakeKeyring, tx_factory: OpenTransaction, clock: StatedClock
) -> None:
    other = process("other")
    assert other.jwks(NOW) == keyring.jwks(NOW)
    with tx_factory() as tx:
        keyring.rotate(tx, NOW, immediately=True)
    clock.time = NOW + 2
    token = keyring.sign(ACCESS_TOKEN, access_claims(), clock.time)
    other.verify(token, ACCESS_TOKEN, now=clock.time)
    assert other.jwks(clock.time) == keyring.jwks(clock.time)
    kid = keyring.active_derivation_kid(clock.time)
    assert keyring.derive_with(kid, b"m") is not None
    assert other.derive_with(kid, b"m") == keyring.derive_with(kid, b"m")
    assert other.active_derivation_kid(clock.time) == kid


def test_open_keys_are_kept_across_a_reload(
    keyring: Keyring, tx_factory: OpenTransaction, clock: StatedClock
) -> None:
    before = keyring.snapshot(NOW).signing["RS256"]
    with tx_factory() as tx:
        keyring.rotate(tx, NOW, "ES256")
    clock.time = NOW + 1
    after = keyring.snapshot(NOW + 1)
    assert len(json.loads(after.published.body)["keys"]) == 5
    assert after.signing["RS256"] is before


class Counted:
    """A way into the database that counts, and can be closed."""

    def __init__(self, inner: OpenTransaction) -> None:
        self.inner = inner
        self.opened = 0
        self.closed = False

    @contextmanager
    def __call__(self, *, read_only: bool = False) -> Iterator[sa.Connection]:
        self.opened += 1
        if self.closed:
            raise StorageUnavailable("away")
        with self.inner(read_only=read_only) as tx:
            yield tx


@pytest.fixture
def counted(tx_factory: OpenTransaction) -> Counted:
    return Counted(tx_factory)


@pytest.fixture
def watched(counted: Counted, keyring: Keyring, clock: StatedClock, policy: KeyPolicy) -> Keyring:
    return Keyring(counted, Vault([MASTER], CountedEntropy()), clock, CountedEntropy(), policy)


def test_the_database_is_asked_once_a_second_at_most(
    watched: Keyring, counted: Counted, clock: StatedClock
) -> None:
    for second in range(3):
        clock.time = NOW + second
        for _ in range(5):
            watched.sign(ACCESS_TOKEN, access_claims(), clock.time)
            watched.derive_with("foreign", b"m")
            watched.jwks(clock.time)
        assert counted.opened == second + 1


def test_an_outage_of_the_database_does_not_stop_what_is_known(
    watched: Keyring, counted: Counted, clock: StatedClock
) -> None:
    published = watched.jwks(NOW)
    counted.closed = True
    clock.time = NOW + 30
    assert watched.jwks(clock.time) == published
    assert watched.sign(ACCESS_TOKEN, access_claims(), clock.time)
    assert isinstance(watched.trouble, StorageUnavailable)
    counted.closed = False
    clock.time = NOW + 31
    watched.jwks(clock.time)
    assert watched.trouble is None


def test_an_outage_before_anything_is_known_is_an_outage(
    watched: Keyring, counted: Counted
) -> None:
    counted.closed = True
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            watched.jwks(NOW)
    counted.closed = False
    assert watched.jwks(NOW).etag


def run_at_once(actions: list[Callable[[], None]]) -> None:
    barrier = Barrier(len(actions))
    failures: list[BaseException] = []

    def run(action: Callable[[], None]) -> None:
        barrier.wait()
        try:
            action()
        except BaseException as failure:
            failures.append(failure)

    threads = [Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("moment", [NOW, NOW + 89 * DAY])
def test_processes_that_rotate_at_once_make_one_key(
    tmp_path: Path, tx_factory: OpenTransaction, policy: KeyPolicy, moment: int, clock: StatedClock
) -> None:
    engines = [open_engine(f"sqlite:///{tmp_path / 'keys.db'}") for _ in range(4)]
    keyrings = [
        Keyring(
            partial(transaction, engine),
            Vault([MASTER], CountedEntropy(str(n))),
            clock,
            CountedEntropy(str(n)),
            policy,
        )
        for n, engine in enumerate(engines)
    ]
    if moment != NOW:
        with tx_factory() as tx:
            keyrings[0].ensure(tx, NOW)
    clock.time = moment
    created: list[Any] = []

    def ensure(keyring: Keyring, engine: sa.Engine) -> None:
        with transaction(engine) as tx:
            created.extend(keyring.ensure(tx, moment))

    run_at_once([partial(ensure, *pair) for pair in zip(keyrings, engines, strict=True)])
    named = ["A256SIV"] if moment == NOW else []
    changing = ["ECDH-ES", "ES256", "HS256", "RS256", "RSA-OAEP-256"]
    assert sorted(key.alg for key in created) == named + changing
    assert len({keyring.jwks(moment).body for keyring in keyrings}) == 1
    assert len({keyring.active_derivation_kid(moment) for keyring in keyrings}) == 1
    for engine in engines:
        engine.dispose()


def test_threads_share_one_keyring(keyring: Keyring, clock: StatedClock) -> None:
    def work() -> None:
        for _ in range(50):
            clock.time += 1
            token = keyring.sign(ACCESS_TOKEN, access_claims(), NOW)
            keyring.verify(token, ACCESS_TOKEN, now=NOW)

    run_at_once([work] * 4)


def test_the_header_names_algorithm_type_and_key(keyring: Keyring) -> None:
    header = keyring.sign(ID_TOKEN, {}, NOW).split(".")[0]
    decoded = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    assert decoded == {
        "alg": "RS256",
        "typ": "JWT",
        "kid": keyring.snapshot(NOW).signing["RS256"].kid,
    }
