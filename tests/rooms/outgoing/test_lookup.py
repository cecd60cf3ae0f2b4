"""A resolver that hangs holds nobody beyond the time limit, and a few threads at most."""

import threading
import time
from collections.abc import Iterator

import pytest

from provider.outgoing.fetcher import Fetcher, FetchFailed
from provider.outgoing.lookup import AT_ONCE, Lookups
from tests.support.site import Site


class Hanging:
    """A resolver that answers once it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.inside = 0
        self.most = 0
        self.let_go = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, host: str, port: int) -> list[str]:
        with self._lock:
            self.asked += 1
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.let_go.wait(10)
        with self._lock:
            self.inside -= 1
        return ["127.0.0.1"]


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    resolver = Hanging()
    yield resolver
    resolver.let_go.set()


def reason(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchFailed) as failed:
        fetcher.get(url, accept="*/*")
    return failed.value.reason


def test_a_resolver_that_hangs_is_left_at_the_deadline(hanging: Hanging) -> None:
    fetcher = Fetcher(timeout=0.3, resolve=hanging)
    begun = time.monotonic()
    assert "too long" in reason(fetcher, "https://rp.example/keys")
    assert time.monotonic() - begun < 10


def test_the_time_of_the_look_up_is_part_of_the_time_of_the_request(site: Site) -> None:
    """A slow resolver and a server that is silent share one limit."""

    def slow(host: str, port: int) -> list[str]:
        threading.Event().wait(2)
        return ["127.0.0.1"]

    url = site.serve("/a", b"x", before=lambda: threading.Event().wait(6))
    fetcher = Fetcher(frozenset({site.host}), str(site.ca_file), timeout=2.5, resolve=slow)
    begun = time.monotonic()
    assert "too long" in reason(fetcher, url)
    assert time.monotonic() - begun < 4


def test_a_resolver_that_hangs_holds_a_few_threads_and_no_more(hanging: Hanging) -> None:
    lookups = Lookups(hanging)

    def ask() -> None:
        with pytest.raises(TimeoutError):
            lookups.within(0.3, "rp.example", 443)

    askers = [threading.Thread(target=ask) for _ in range(2 * AT_ONCE)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert (hanging.asked, hanging.most) == (AT_ONCE, AT_ONCE)


def test_once_it_answers_again_everybody_is_served(hanging: Hanging) -> None:
    lookups = Lookups(hanging)
    for _ in range(AT_ONCE):
        with pytest.raises(TimeoutError):
            lookups.within(0.01, "rp.example", 443)
    hanging.let_go.set()
    for _ in range(2 * AT_ONCE):
        assert lookups.within(5, "rp.example", 443) == ["127.0.0.1"]


@pytest.mark.parametrize("trouble", [OSError("no such host"), UnicodeError("label too long")])
def test_what_the_resolver_raises_is_a_host_without_address(trouble: Exception) -> None:
    def failing(host: str, port: int) -> list[str]:
        raise trouble

    fetcher = Fetcher(timeout=2, resolve=failing)
    for _ in range(2 * AT_ONCE):
        assert reason(fetcher, "https://rp.example/keys") == "the host has no address"
