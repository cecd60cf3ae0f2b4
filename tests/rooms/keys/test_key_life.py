"""The life of keys at stated times."""

import json
from dataclasses import replace
from typing import Any

import pytest

from provider.keys.keyring import Keyring, OpenTransaction
from provider.keys.lifecycle import DERIVE, SIGN, KeyPolicy, family_of, state
from provider.keys.purposes import ACCESS_TOKEN, ID_TOKEN
from provider.keys.rotation import LastActiveKey, UnknownKey
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.keys.verification import InvalidJwt
from provider.store import keys as stored_keys
from provider.store.keys import StoredKey
from provider.store.schema import key as key_table
from tests.rooms.keys.conftest import MASTER, MakeKeyring
from tests.rooms.keys.support import DAY, ISSUER, NOW, StatedClock, access_claims

CHANGING = {"RS256", "ES256", "HS256", "RSA-OAEP-256", "ECDH-ES"}
AGE, AHEAD, KEPT = 90 * DAY, DAY, 660


class Operator:
    """Runs the keyring's commands, each in a transaction of its own."""

    def __init__(
        self, transactions: OpenTransaction, keyring: Keyring, clock: StatedClock
    ) -> None:
        self.transactions = transactions
        self.keyring = keyring
        self.clock = clock

    def at(self, time: int) -> "Operator":
        self.clock.time = time
        return self

    def ensure(self) -> list[StoredKey]:
        with self.transactions() as tx:
            return self.keyring.ensure(tx, self.clock.time)

    def rotate(self, alg: str | None = None, **options: Any) -> list[StoredKey]:
        with self.transactions() as tx:
            return self.keyring.rotate(tx, self.clock.time, alg, **options)

    def retire(self, kid: str) -> None:
        with self.transactions() as tx:
            self.keyring.retire(tx, self.clock.time, kid)

    def rows(self, alg: str) -> list[StoredKey]:
        with self.transactions(read_only=True) as tx:
            rows = stored_keys.all_keys(tx)
        return family_of(rows, DERIVE if alg == "HS256" else SIGN, alg)

    def states(self, alg: str) -> list[str]:
        return [state(row, self.clock.time) for row in self.rows(alg)]

    def signer(self, alg: str = "ES256") -> str:
        token = self.keyring.sign(ACCESS_TOKEN, access_claims(), self.clock.time, alg)
        return self.keyring.verify(token, ACCESS_TOKEN, now=NOW).header["kid"]  # type: ignore[no-any-return]

    def published(self) -> list[str]:
        keys = json.loads(self.keyring.jwks(self.clock.time).body)["keys"]
        return [key["kid"] for key in keys]


@pytest.fixture
def operator(tx_factory: OpenTransaction, keyring: Keyring, clock: StatedClock) -> Operator:
    return Operator(tx_factory, keyring, clock)


def test_the_first_start_makes_one_active_key_of_each_kind(operator: Operator) -> None:
    for alg in ("RS256", "ES256", "HS256"):
        assert operator.states(alg) == ["active"]
    assert operator.ensure() == []
    assert not operator.keyring.is_due(NOW)


def test_a_key_grows_old_is_followed_and_goes(operator: Operator) -> None:
    first = operator.signer()
    grown_old = NOW + AGE
    operator.at(grown_old - AHEAD - 1)
    assert not operator.keyring.is_due(operator.clock.time)
    assert operator.ensure() == []

    operator.at(grown_old - AHEAD)
    assert operator.keyring.is_due(operator.clock.time)
    made = {key.alg: key for key in operator.ensure()}
    assert set(made) == CHANGING
    assert not operator.keyring.is_due(operator.clock.time)
    assert operator.ensure() == []
    second = made["ES256"].kid
    assert operator.states("ES256") == ["active", "next"]
    assert operator.signer() == first
    assert {first, second} <= set(operator.published())

    operator.at(grown_old - 1)
    assert operator.signer() == first
    operator.at(grown_old)
    assert operator.signer() == second
    assert operator.states("ES256") == ["retired", "active"]
    old = operator.rows("ES256")[0]
    assert (old.retires_at, old.expires_at) == (grown_old, grown_old + KEPT)

    operator.at(grown_old + KEPT - 1)
    assert first in operator.published()
    operator.at(grown_old + KEPT)
    assert first not in operator.published()
    assert operator.keyring.is_due(operator.clock.time)
    operator.ensure()
    assert operator.states("ES256") == ["active"]


def test_a_token_verifies_until_it_expires_whatever_rotates(operator: Operator) -> None:
    operator.at(NOW + AGE - AHEAD).ensure()
    last = NOW + AGE - 1
    token = operator.keyring.sign(ACCESS_TOKEN, access_claims(iat=last, exp=last + 600), last)
    operator.at(last + 599).ensure()
    operator.keyring.verify(token, ACCESS_TOKEN, now=last + 599)


def test_after_a_long_sleep_the_next_key_is_still_published_first(operator: Operator) -> None:
    first = operator.signer()
    operator.at(NOW + 5 * AGE).ensure()
    assert operator.states("ES256") == ["active", "next"]
    assert operator.signer() == first
    operator.at(NOW + 5 * AGE + AHEAD)
    assert operator.signer() != first


def test_a_derivation_key_is_kept_as_long_as_a_family_lasts(operator: Operator) -> None:
    keyring = operator.keyring
    kid = keyring.active_derivation_kid(NOW)
    mac = keyring.derive_with(kid, b"message")
    assert mac is not None
    assert len(mac) == 32
    operator.at(NOW + AGE - AHEAD).ensure()
    later = operator.at(NOW + AGE).keyring
    assert later.active_derivation_kid(NOW + AGE) != kid
    assert later.derive_with(later.active_derivation_kid(NOW + AGE), b"message") != mac
    operator.at(NOW + AGE + 90 * DAY - 1).ensure()
    assert keyring.derive_with(kid, b"message") == mac
    operator.at(NOW + AGE + 90 * DAY).ensure()
    assert keyring.derive_with(kid, b"message") is None
    assert keyring.derive_with("foreign", b"message") is None


def test_a_rotation_by_command_publishes_now_and_signs_later(operator: Operator) -> None:
    first = operator.signer()
    (made,) = operator.rotate("ES256")
    assert made.activates_at == NOW + AHEAD
    assert made.kid in operator.published()
    assert operator.signer() == first
    assert operator.at(NOW + AHEAD).signer() == made.kid


def test_an_immediate_rotation_waits_until_all_have_noticed(operator: Operator) -> None:
    first = operator.signer()
    made = {key.alg: key.kid for key in operator.rotate(immediately=True)}
    assert set(made) == CHANGING
    assert made["ES256"] in operator.published()
    assert operator.at(NOW + 1).signer() == first
    assert operator.at(NOW + 2).signer() == made["ES256"]
    assert first in operator.published()


def test_an_immediate_rotation_drops_a_key_that_was_only_coming(operator: Operator) -> None:
    (coming,) = operator.rotate("ES256")
    (made,) = operator.rotate("ES256", immediately=True)
    operator.at(NOW + 2)
    assert operator.signer() == made.kid
    assert coming.kid not in operator.published()
    assert operator.at(NOW + AHEAD + 5).signer() == made.kid
    operator.ensure()
    assert operator.states("ES256") == ["active"]


def test_two_rotations_in_one_second_leave_one_signing(operator: Operator) -> None:
    operator.rotate("ES256")
    (last,) = operator.rotate("ES256")
    assert operator.at(NOW + AHEAD).signer() == last.kid
    operator.ensure()
    assert operator.states("ES256").count("active") == 1


def test_an_algorithm_without_keys_cannot_be_rotated(operator: Operator) -> None:
    with pytest.raises(UnknownKey):
        operator.rotate("PS256")


def test_the_only_key_of_an_algorithm_cannot_be_retired(operator: Operator) -> None:
    first = operator.signer()
    with pytest.raises(LastActiveKey):
        operator.retire(first)
    operator.rotate("ES256")
    with pytest.raises(LastActiveKey):
        operator.retire(first)
    with pytest.raises(UnknownKey):
        operator.retire("unknown")
    assert operator.signer() == first


def test_a_compromised_key_stops_at_once(operator: Operator) -> None:
    first = operator.signer()
    token = operator.keyring.sign(ACCESS_TOKEN, access_claims(), NOW)
    (made,) = operator.rotate("ES256", immediately=True)
    operator.retire(first)
    assert operator.signer() == made.kid
    assert first not in operator.published()
    with pytest.raises(InvalidJwt):
        operator.keyring.verify(token, ACCESS_TOKEN, now=NOW)


def test_retiring_the_next_key_leaves_no_gap(operator: Operator) -> None:
    first = operator.signer()
    (coming,) = operator.rotate("ES256")
    operator.retire(coming.kid)
    assert coming.kid not in operator.published()
    assert operator.signer() == first
    replacement = operator.rows("ES256")[-1]
    assert replacement.kid not in (first, coming.kid)
    assert operator.at(NOW + AHEAD).signer() == replacement.kid


def test_a_newly_configured_algorithm_has_a_key_at_once(
    operator: Operator, process: MakeKeyring, policy: KeyPolicy
) -> None:
    wider = replace(policy, algorithms=("RS256", "ES256", "PS256", "EdDSA"))
    operator.keyring = process("wider", policy=wider)
    assert {key.alg for key in operator.ensure()} == {"PS256", "EdDSA"}
    for alg in ("PS256", "EdDSA", "RS256"):
        token = operator.keyring.sign(ID_TOKEN, {"iss": ISSUER}, NOW, alg)
        assert token.count(".") == 2
    assert len(set(operator.published())) == 6


def test_an_algorithm_no_longer_configured_may_lose_its_key(
    operator: Operator, process: MakeKeyring, policy: KeyPolicy
) -> None:
    wider = process("wider", policy=replace(policy, algorithms=("RS256", "ES256", "EdDSA")))
    with operator.transactions() as tx:
        (made,) = wider.ensure(tx, NOW)
    operator.retire(made.kid)
    assert operator.states("EdDSA") == []


def test_a_process_whose_clock_is_behind_still_signs(operator: Operator) -> None:
    first = operator.signer()
    operator.at(NOW - 300)
    assert operator.signer() == first
    assert operator.ensure() == []


@pytest.mark.parametrize(
    "changes",
    [{"algorithms": ("RS256",)}, {"algorithms": ("RS256", "ES256", "HS256")}, {"rotation_age": 5}],
    ids=str,
)
def test_a_policy_that_cannot_work_is_refused(policy: KeyPolicy, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        replace(policy, **changes)


def test_a_wrong_master_key_is_noticed_before_anything_is_added(
    operator: Operator, process: MakeKeyring
) -> None:
    stranger = process("stranger", masters=(b"x" * 32,))
    operator.at(NOW + AGE)
    for command in (stranger.ensure, stranger.rotate):
        with operator.transactions() as tx, pytest.raises(WrongMasterKey):
            command(tx, NOW + AGE)
    with pytest.raises(WrongMasterKey):
        stranger.snapshot(NOW)
    assert len(operator.rows("ES256")) == 1


def test_after_a_change_of_master_key_old_and_new_keys_work(
    operator: Operator, process: MakeKeyring
) -> None:
    first = operator.signer()
    operator.keyring = process("later", masters=(b"x" * 32, MASTER))
    assert operator.signer() == first
    (made,) = operator.rotate("ES256", immediately=True)
    assert operator.at(NOW + 2).signer() == made.kid


def test_a_sealed_key_moved_to_another_row_does_not_open(
    operator: Operator, process: MakeKeyring
) -> None:
    (first,), (made,) = operator.rows("ES256"), operator.rotate("ES256")
    with operator.transactions() as tx:
        tx.execute(
            key_table.update().where(key_table.c.kid == made.kid).values(sealed=first.sealed)
        )
    with pytest.raises(SealBroken):
        process("other").snapshot(NOW)


def test_a_key_cannot_be_given_another_algorithm(operator: Operator, process: MakeKeyring) -> None:
    with operator.transactions() as tx:
        tx.execute(key_table.update().where(key_table.c.alg == "RS256").values(alg="PS256"))
    with pytest.raises(SealBroken):
        process("other").snapshot(NOW)
