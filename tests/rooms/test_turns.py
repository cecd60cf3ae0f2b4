"""Turns: who waits for another server lets others go on, but not everybody may wait."""

from contextlib import ExitStack

import pytest

from provider.turns import MOST_FOR_ONE_HOST, MOST_WAITING, Crowded, Turns, waiting_for


def test_whoever_waits_leaves_the_turn_to_others_and_takes_one_again() -> None:
    turns = Turns(1)
    with turns, waiting_for("https://slow.example/a"), turns:
        pass
    with turns:
        pass


def test_who_waits_within_waiting_waits_once() -> None:
    turns = Turns(1)
    with (
        turns,
        waiting_for("https://slow.example/a"),
        waiting_for("https://slow.example/b"),
        turns,
    ):
        pass


@pytest.mark.parametrize(
    ("hosts", "most"), [(["a"] * 99, MOST_FOR_ONE_HOST), (list(map(str, range(99))), MOST_WAITING)]
)
def test_few_may_wait_and_fewer_for_one_host(hosts: list[str], most: int) -> None:
    turns = Turns(1)

    def fill(stack: ExitStack) -> int:
        for count, host in enumerate(hosts):
            stack.enter_context(turns)
            try:
                stack.enter_context(waiting_for(f"https://{host.upper()}.example/{count}"))
            except Crowded:
                return count
        raise AssertionError("everybody may wait")

    for _ in range(2):
        with ExitStack() as stack:
            assert fill(stack) == most


def test_outside_of_a_worker_nobody_is_counted() -> None:
    with ExitStack() as stack:
        for _ in range(MOST_WAITING + 1):
            stack.enter_context(waiting_for("https://slow.example/"))
