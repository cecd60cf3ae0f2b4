"""When `signet serve` gives up: only where workers can not start, again and again."""

import signal
from time import monotonic

import pytest

from provider.cli.serve import _Patience

GRANIANS_LIMIT = 5.5


CRASHED = 1


def exiting(code: int) -> _Patience:
    """Patience with workers that all end like this."""
    return _Patience(lambda _worker: code)


def gives_up(patience: _Patience, worker: int) -> bool:
    """Ask as granian's supervisor does when a worker has ended."""
    return bool(monotonic() - patience.get(worker, 0) <= GRANIANS_LIMIT)


def test_a_worker_that_ends_at_once_ten_times_in_a_row_ends_the_server() -> None:
    patience = exiting(CRASHED)
    for _ in range(_Patience.OFTEN - 1):
        patience[0] = monotonic()
        assert not gives_up(patience, 0)
        patience.clear()
    patience[0] = monotonic()
    assert gives_up(patience, 0)


def test_a_worker_that_lived_for_a_while_is_replaced_however_often() -> None:
    patience = exiting(CRASHED)
    for _ in range(_Patience.OFTEN * 3):
        patience[0] = monotonic() - _Patience.AT_ONCE
        assert not gives_up(patience, 0)


@pytest.mark.parametrize("others", [1, 5])
def test_workers_are_counted_apart(others: int) -> None:
    patience = exiting(CRASHED)
    for _ in range(_Patience.OFTEN - 1):
        for worker in range(others + 1):
            patience[worker] = monotonic()
            assert not gives_up(patience, worker)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_workers_that_somebody_kills_are_replaced_ten_times_as_often(by: signal.Signals) -> None:
    patience = exiting(-by)
    for _ in range(_Patience.OFTEN_KILLED - 1):
        patience[0] = monotonic()
        assert not gives_up(patience, 0)
    patience[0] = monotonic()
    assert gives_up(patience, 0)


def test_a_worker_that_can_not_start_counts_from_its_own_first_end() -> None:
    codes = [-signal.SIGKILL] * 50 + [CRASHED] * _Patience.OFTEN
    patience = _Patience(lambda _worker: codes.pop(0))
    given_up = []
    for _ in range(len(codes)):
        patience[0] = monotonic()
        given_up.append(gives_up(patience, 0))
    assert given_up == [False] * (len(given_up) - 1) + [True]
