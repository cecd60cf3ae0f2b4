from provider.store import throttles
from provider.store.throttles import Throttle
from provider.store.unit_of_work import Transaction
from tests.store.arrange import HOUR, NOW, digest

ALICE, BOB = digest("alice"), digest("bob")


def _fail(tx: Transaction, key: bytes = ALICE, now: int = NOW) -> int:
    return throttles.count_failure(tx, key, now=now, expires_at=now + HOUR)


def test_a_key_without_failures_need_not_wait(tx: Transaction) -> None:
    assert throttles.find(tx, ALICE, NOW) == Throttle(0, 0)


def test_failures_are_counted_for_each_key(tx: Transaction) -> None:
    assert [_fail(tx), _fail(tx), _fail(tx, BOB), _fail(tx)] == [1, 2, 1, 3]
    assert throttles.find(tx, ALICE, NOW).failures == 3
    assert throttles.find(tx, BOB, NOW).failures == 1


def test_failures_count_until_they_expire(tx: Transaction) -> None:
    _fail(tx)
    assert throttles.find(tx, ALICE, NOW + HOUR - 1).failures == 1
    assert throttles.find(tx, ALICE, NOW + HOUR).failures == 0


def test_a_failure_keeps_the_earlier_ones_counting_for_longer(tx: Transaction) -> None:
    _fail(tx)
    assert _fail(tx, now=NOW + HOUR - 1) == 2
    assert throttles.find(tx, ALICE, NOW + HOUR).failures == 2


def test_counting_begins_anew_after_failures_expired(tx: Transaction) -> None:
    _fail(tx)
    _fail(tx)
    assert _fail(tx, now=NOW + HOUR) == 1


def test_a_blocked_key_waits_and_keeps_its_count(tx: Transaction) -> None:
    _fail(tx)
    _fail(tx, BOB)
    throttles.block(tx, ALICE, NOW + 60)
    assert throttles.find(tx, ALICE, NOW) == Throttle(1, NOW + 60)
    assert throttles.find(tx, BOB, NOW) == Throttle(1, 0)


def test_another_failure_leaves_the_block_in_place(tx: Transaction) -> None:
    _fail(tx)
    throttles.block(tx, ALICE, NOW + 60)
    _fail(tx)
    assert throttles.find(tx, ALICE, NOW) == Throttle(2, NOW + 60)


def test_a_cleared_key_begins_anew(tx: Transaction) -> None:
    _fail(tx)
    _fail(tx, BOB)
    throttles.clear(tx, ALICE)
    assert throttles.find(tx, ALICE, NOW) == Throttle(0, 0)
    assert throttles.find(tx, BOB, NOW).failures == 1
    assert _fail(tx) == 1
