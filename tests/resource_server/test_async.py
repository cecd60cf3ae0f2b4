"""The verifier to await: the same answers, and the event loop never waits for the issuer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from provider.resource_server import AsyncVerifier, Refused, Unavailable, require
from tests.resource_server.proofs import request
from tests.resource_server.tiny_issuer import NOTES, TinyIssuer
from tests.support import event_loop
from tests.support.clock import SettableClock

pytestmark = pytest.mark.spec("RFC9068-4")

Found = TypeVar("Found")


@pytest.fixture
def run(
    issuer: TinyIssuer, clock: SettableClock
) -> Callable[[Callable[[AsyncVerifier], Awaitable[Found]]], Found]:
    """Runs a function of a verifier in an event loop of its own."""

    async def inside(act: Callable[[AsyncVerifier], Awaitable[Found]]) -> Found:
        async with AsyncVerifier(issuer.name, NOTES, clock=clock.now) as verifier:
            return await act(verifier)

    return lambda act: event_loop.run(inside(act))


def test_a_token_is_verified(issuer: TinyIssuer, run: Callable[..., None]) -> None:
    async def act(verifier: AsyncVerifier) -> None:
        await verifier.start()
        token = issuer.token()
        assert (await verifier.verify(token)).subject == "alex"
        assert (await verifier.authorize(request(token), require("notes:read"))).subject == "alex"
        assert verifier.metadata()["resource"] == NOTES
        assert verifier.metadata_path == "/.well-known/oauth-protected-resource"

    run(act)


def test_refusals_and_outages_are_the_same(
    issuer: TinyIssuer, run: Callable[..., None], clock: SettableClock
) -> None:
    async def act(verifier: AsyncVerifier) -> None:
        issuer.statuses[3] = 1
        with pytest.raises(Refused):
            await verifier.verify(issuer.token())
        with pytest.raises(Refused):
            await verifier.authorize(request(issuer.token(index=4)), require("notes:delete"))
        issuer.stop()
        clock.advance(10)
        with pytest.raises(Unavailable):
            await verifier.authorize(request(issuer.token(index=4)))

    run(act)


def test_the_loop_goes_on_while_keys_are_fetched(
    issuer: TinyIssuer, run: Callable[..., None]
) -> None:
    released = threading.Event()

    def slow() -> tuple[int, dict[str, str], bytes]:
        assert released.wait(10)
        del issuer.override["/jwks"]
        return issuer.answer("/jwks", None)

    issuer.override["/jwks"] = slow

    async def act(verifier: AsyncVerifier) -> None:
        waiting = asyncio.create_task(verifier.verify(issuer.token()))
        while not issuer.asked["/jwks"]:
            await asyncio.sleep(0)
        released.set()
        assert (await waiting).subject == "alex"

    run(act)


def test_two_hundred_tasks_at_the_start_fetch_everything_once(
    issuer: TinyIssuer, run: Callable[..., None]
) -> None:
    released = threading.Event()

    def slow() -> tuple[int, dict[str, str], bytes]:
        assert released.wait(10)
        del issuer.override["/jwks"]
        return issuer.answer("/jwks", None)

    issuer.override["/jwks"] = slow
    tokens = [issuer.token(jti=f"of task {number}") for number in range(200)]

    async def act(verifier: AsyncVerifier) -> None:
        waiting = asyncio.gather(*map(verifier.verify, tokens))
        while not issuer.asked["/jwks"]:
            await asyncio.sleep(0)
        assert not waiting.done()
        released.set()
        assert [found.subject for found in await waiting] == ["alex"] * 200
        assert verifier.blocking.requests_made == 3  # discovery, keys, the list

    run(act)


def test_what_is_at_hand_needs_no_thread(issuer: TinyIssuer, run: Callable[..., None]) -> None:
    async def act(verifier: AsyncVerifier) -> None:
        await verifier.verify(issuer.token())
        issuer.stop()
        coroutine = verifier.verify(issuer.token(jti="another"))
        with pytest.raises(StopIteration) as ended:
            coroutine.send(None)
        assert ended.value.value.subject == "alex"

    run(act)
