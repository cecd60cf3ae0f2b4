"""A server that forks while a thread of the parent holds any lock of the kit leaves a child that
verifies, and a parent that goes on."""

import ast
import gc
import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

import provider.resource_server
from provider.resource_server import StatusPolicy, Verifier, after_fork
from tests.resource_server.conftest import MakeVerifier
from tests.resource_server.tiny_issuer import TinyIssuer
from tests.support.clock import SettableClock

PLACES = {
    "discovery": "/.well-known/oauth-authorization-server",
    "keys": "/jwks",
    "list": "/status-lists/1",
}
HOLDERS = {
    "Attempts",
    "AsyncVerifier",
    "Examination",
    "Introspector",
    "Poller",
    "Replays",
    "StatusLists",
}
"""Every class of the kit that has a lock, an event or threads."""

pytestmark = [
    pytest.mark.spec("RFC9068-4"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def works_in_a_child(act: Callable[[], object]) -> bool:
    """Fork, act in the child, and return whether it did within seconds."""
    child = os.fork()
    if child == 0:
        threading.Timer(20, os._exit, [2]).start()
        try:
            act()
        except BaseException:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("place", PLACES)
def test_a_child_forked_during_a_fetch_verifies(
    issuer: TinyIssuer, make_verifier: MakeVerifier, clock: SettableClock, place: str
) -> None:
    verifier = make_verifier(status=StatusPolicy(accept_for=3600))
    begun, released = threading.Event(), threading.Event()
    path = PLACES[place]

    def slow() -> tuple[int, dict[str, str], bytes]:
        begun.set()
        if not released.is_set():
            released.wait(30)
        issuer.override.pop(path, None)
        return issuer.answer(path, None)

    token = issuer.token()
    issuer.override[path] = slow
    waiting = threading.Thread(target=lambda: verifier.verify(token))
    waiting.start()
    assert begun.wait(10)

    def release() -> None:
        issuer.override.pop(path, None)
        released.set()

    threading.Timer(1, release).start()
    assert works_in_a_child(lambda: verifier.verify(token))
    waiting.join(20)
    assert verifier.verify(token).subject == "alex"


def test_a_child_forked_while_every_lock_is_held_verifies(
    issuer: TinyIssuer, verifier: Verifier
) -> None:
    token = issuer.token()
    held = [one._lock for one in after_fork._alive if hasattr(one, "_lock")]
    taken, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        for lock in held:
            lock.acquire()
        taken.set()
        let_go.wait(30)
        for lock in held:
            lock.release()

    threading.Thread(target=hold).start()
    assert taken.wait(10)
    try:
        assert len(held) >= 4
        assert works_in_a_child(lambda: verifier.verify(token))
    finally:
        let_go.set()
    assert verifier.verify(token).subject == "alex"


def test_the_poller_of_a_child_runs(issuer: TinyIssuer, verifier: Verifier) -> None:
    verifier.start()

    def act() -> None:
        verifier.verify(issuer.token())
        verifier.keep_polling()
        assert any(one.name == "signet-kit" for one in threading.enumerate())

    assert works_in_a_child(act)


def test_verifiers_that_are_dropped_are_gone(issuer: TinyIssuer, clock: SettableClock) -> None:
    gc.collect()
    before = len(after_fork._alive)
    seen = []
    for _ in range(50):
        one = Verifier(issuer.name, "https://notes.example", clock=clock.now)
        seen.append(weakref.ref(one))
        one.close()
        del one
    until = time.monotonic() + 20
    while len(after_fork._alive) > before and time.monotonic() < until:
        gc.collect()
    assert not any(ref() is not None for ref in seen)
    assert len(after_fork._alive) <= before


def test_whoever_has_a_lock_has_it_renewed() -> None:
    made = {"Lock", "RLock", "Event", "Condition", "Semaphore", "BoundedSemaphore"}
    found = set()
    for path in Path(provider.resource_server.__file__).parent.glob("*.py"):
        for place in ast.walk(ast.parse(path.read_text())):
            if not isinstance(place, ast.ClassDef):
                continue
            names = {
                node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
                for node in ast.walk(place)
            }
            if names & (made | {"_threads"}):
                found.add(place.name)
                assert any(
                    isinstance(node, ast.FunctionDef) and node.name == "renew"
                    for node in place.body
                )
                assert "renewed_after_fork" in names
    assert found == HOLDERS
