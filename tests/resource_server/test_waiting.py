"""An API does not wait for its issuer: with good keys and lists at hand it answers at once, and
where nothing is known those who wait share one attempt, with an end (RFC 9068 §4)."""

import ast
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest

import provider.resource_server
from provider.resource_server import AsyncVerifier, StatusPolicy, Unavailable, Verifier
from provider.resource_server.attempt import PATIENCE
from tests.resource_server.conftest import MakeVerifier
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support import event_loop, jwt
from tests.support.clock import SettableClock

pytestmark = pytest.mark.spec("RFC9068-4")

How = Literal["silent", "dripping", "refusing"]
SLACK = 10.0
"""Seconds that a busy machine may add to a wait."""


class BadServer:
    """Listens where an issuer was: says nothing, or a byte now and then, or is not there."""

    def __init__(self, how: How, port: int) -> None:
        self.accepted: list[socket.socket] = []
        self._over = threading.Event()
        self._listening: socket.socket | None = None
        if how != "refusing":
            self._listening = socket.create_server(("127.0.0.1", port), backlog=64)
            threading.Thread(target=self._accept, args=(how,), daemon=True).start()

    def _accept(self, how: How) -> None:
        listening = self._listening
        while listening is not None:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            self.accepted.append(accepted)
            if how == "dripping":
                threading.Thread(target=self._drip, args=(accepted,), daemon=True).start()

    def _drip(self, accepted: socket.socket) -> None:
        with suppress(OSError):
            accepted.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self._over.wait(0.5):
                accepted.sendall(b"a")

    def close(self) -> None:
        self._over.set()
        if self._listening is not None:
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
        for one in self.accepted:
            one.close()


GoBad = Callable[[], BadServer]


@pytest.fixture(params=["silent", "dripping", "refusing"])
def go_bad(request: pytest.FixtureRequest, issuer: TinyIssuer) -> Iterator[GoBad]:
    """Takes the issuer away and puts a bad server in its place."""
    made: list[BadServer] = []

    def go() -> BadServer:
        issuer.stop()
        made.append(BadServer(request.param, issuer.port))
        return made[-1]

    yield go
    for server in made:
        server.close()


def seconds_of(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began


def status_of(verifier: Verifier, token: str) -> int:
    try:
        verifier.verify(token)
    except Unavailable as answer:
        return answer.status
    return 200


def test_with_the_last_good_keys_and_list_nobody_waits(
    issuer: TinyIssuer,
    make_verifier: MakeVerifier,
    clock: SettableClock,
    go_bad: GoBad,
) -> None:
    verifier = make_verifier(status=StatusPolicy(accept_for=3600))
    token = issuer.token(exp=clock.now() + 9000)
    verifier.verify(token)
    go_bad()
    clock.advance(400)
    with ThreadPoolExecutor(8) as threads:
        took = list(threads.map(lambda _: seconds_of(lambda: verifier.verify(token)), range(40)))
    assert max(took) < 2


def test_with_the_last_discovery_document_nobody_waits(
    issuer: TinyIssuer,
    make_verifier: MakeVerifier,
    clock: SettableClock,
    go_bad: GoBad,
) -> None:
    issuer.metadata = {"status_list_aggregation_endpoint": None}
    verifier = make_verifier()
    token = issuer.token(index=None, exp=clock.now() + 9000)
    verifier.verify(token)
    go_bad()
    clock.advance(3599)
    assert seconds_of(lambda: verifier.verify(token)) < 2


def test_where_nothing_is_known_those_who_wait_share_one_end(
    issuer: TinyIssuer, verifier: Verifier, go_bad: GoBad
) -> None:
    token = issuer.token()
    go_bad()
    with ThreadPoolExecutor(20) as threads:
        began = time.monotonic()
        assert set(threads.map(lambda _: status_of(verifier, token), range(20))) == {503}
        assert time.monotonic() - began < PATIENCE + SLACK


def test_an_old_list_that_counts_no_more_is_waited_for_together(
    issuer: TinyIssuer,
    verifier: Verifier,
    clock: SettableClock,
    go_bad: GoBad,
) -> None:
    token = issuer.token()
    verifier.verify(token)
    go_bad()
    clock.advance(60)
    with ThreadPoolExecutor(20) as threads:
        began = time.monotonic()
        assert set(threads.map(lambda _: status_of(verifier, token), range(20))) == {503}
        assert time.monotonic() - began < PATIENCE + SLACK


def test_invented_key_names_wait_once_and_hold_up_nobody(
    issuer: TinyIssuer,
    make_verifier: MakeVerifier,
    clock: SettableClock,
    go_bad: GoBad,
) -> None:
    verifier = make_verifier(status=StatusPolicy(accept_for=3600))
    token = issuer.token()
    verifier.verify(token)
    forged = [issuer.token(header={"kid": f"invented-{number}"}) for number in range(10)]
    go_bad()
    clock.advance(11)
    with ThreadPoolExecutor(10) as threads:
        began = time.monotonic()
        waiting = [threads.submit(status_of, verifier, one) for one in forged]
        assert seconds_of(lambda: verifier.verify(token)) < 2
        assert {one.result() for one in waiting} == {503}
        assert time.monotonic() - began < PATIENCE + SLACK


def test_a_key_that_was_rotated_while_old_ones_count_is_accepted_at_once(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    verifier.verify(issuer.token())
    issuer.keys.insert(0, jwt.key_for("ES256", "rotated"))
    issuer.key_headers["ETag"] = '"2"'
    clock.advance(400)
    assert verifier.verify(issuer.token()).subject == "alex"


def test_it_recovers_from_a_server_that_was_silent(
    issuer: TinyIssuer,
    make_verifier: MakeVerifier,
    clock: SettableClock,
    go_bad: GoBad,
) -> None:
    verifier = make_verifier()
    token = issuer.token()
    server = go_bad()
    assert status_of(verifier, token) == 503
    server.close()
    issuer.restart()
    until = time.monotonic() + 30
    while status_of(verifier, token) != 200:
        assert time.monotonic() < until
        clock.advance(2)


@pytest.mark.parametrize("jump", [5 * 365 * 86_400, -5 * 365 * 86_400, 3000, -3000])
def test_a_jump_of_the_clock_stops_no_fetch(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock, jump: int
) -> None:
    verifier.verify(issuer.token())
    clock.advance(jump)
    assert verifier.verify(issuer.token()).subject == "alex"
    clock.advance(-jump)
    asked = issuer.asked["/jwks"]
    clock.advance(400)
    verifier.verify(issuer.token())
    verifier.poll()
    assert issuer.asked["/jwks"] > asked


def test_keys_fetched_by_a_clock_that_was_ahead_count_for_an_hour_at_most(
    issuer: TinyIssuer, verifier: Verifier, clock: SettableClock
) -> None:
    issuer.metadata = {"status_list_aggregation_endpoint": None}
    clock.advance(5 * 365 * 86_400)
    verifier.verify(issuer.token(index=None))
    clock.advance(-5 * 365 * 86_400)
    issuer.stop()
    token = issuer.token(index=None, exp=clock.now() + 90_000)
    assert verifier.verify(token).subject == "alex"
    clock.advance(3601)
    assert status_of(verifier, token) == 503


def test_the_event_loop_and_its_threads_stay_free(
    issuer: TinyIssuer, clock: SettableClock, go_bad: GoBad
) -> None:
    import asyncio

    token = issuer.token()
    go_bad()

    async def act() -> None:
        async with AsyncVerifier(issuer.name, NOTES, clock=clock.now) as verifier:
            waiting = asyncio.gather(
                *(verifier.verify(token) for _ in range(200)), return_exceptions=True
            )
            await asyncio.sleep(0)
            began = time.monotonic()
            await asyncio.to_thread(int)
            assert time.monotonic() - began < 2
            began = time.monotonic()
            assert all(isinstance(one, Unavailable) for one in await waiting)
            assert time.monotonic() - began < PATIENCE + SLACK

    event_loop.run(act())


def test_introspection_takes_few_threads(
    issuer: TinyIssuer, clock: SettableClock, go_bad: GoBad
) -> None:
    import asyncio

    from provider.resource_server import Introspection

    issuer.introspected = {"active": False}
    go_bad()
    asked = Introspection(
        client_id="notes", client_secret="s", endpoint=f"{issuer.name}/introspect"
    )

    async def act() -> None:
        async with AsyncVerifier(
            issuer.name, NOTES, clock=clock.now, introspection=asked
        ) as verifier:
            waiting = [asyncio.create_task(verifier.verify(f"opaque{n}")) for n in range(8)]
            await asyncio.sleep(0)
            began = time.monotonic()
            await asyncio.to_thread(int)
            assert time.monotonic() - began < 2
            for one in waiting:
                with pytest.raises(Unavailable):
                    await one

    event_loop.run(act())


TIMES_OF_ATTEMPTS = {("attempt.py", "_ended_at")}
"""Where a time of the last attempt is kept: taken by `Attempts` alone, after it."""


def test_the_time_of_an_attempt_is_kept_in_one_place() -> None:
    found = set()
    for path in Path(provider.resource_server.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else None
            if name and name.strip("_") in (
                "tried_at",
                "failed_at",
                "asked_at",
                "looked_at",
                "named_at",
                "ended_at",
            ):
                found.add((path.name, name))
    assert found == TIMES_OF_ATTEMPTS
