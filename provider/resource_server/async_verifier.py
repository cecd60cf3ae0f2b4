"""The verifier for asyncio. What is at hand is answered in the event loop, without I/O; what has
to be fetched first is fetched in a thread that all who need it wait for, so that neither the loop
nor its pool of threads is taken. Introspection, which asks about one token at a time, has a few
threads of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from provider.resource_server.access_token import AccessToken
from provider.resource_server.after_fork import renewed_after_fork
from provider.resource_server.attempt import PATIENCE, Attempt, WouldWait
from provider.resource_server.introspection import MOST_ASKING
from provider.resource_server.presented import PresentedRequest
from provider.resource_server.refusal import Unavailable
from provider.resource_server.requirement import Requirement
from provider.resource_server.verifier import Verifier

Found = TypeVar("Found")


class AsyncVerifier:
    """A `Verifier` to await: the same arguments, the same methods, the same errors."""

    def __init__(self, issuer: str, audience: str, **options: Any) -> None:
        self.blocking = Verifier(issuer, audience, **options)
        self._threads = _threads()
        renewed_after_fork(self)

    def renew(self) -> None:
        """Have threads that are there, after a fork."""
        self._threads = _threads()

    async def authorize(
        self, request: PresentedRequest, requirement: Requirement | None = None
    ) -> AccessToken:
        """As `Verifier.authorize`."""
        return await self._settled(
            partial(self.blocking.authorize_at_once, request, requirement),
            partial(self.blocking.authorize, request, requirement),
        )

    async def verify(
        self,
        token: str,
        requirement: Requirement | None = None,
        *,
        bound_accepted: bool = False,
    ) -> AccessToken:
        """As `Verifier.verify`."""
        return await self._settled(
            partial(
                self.blocking.verify_at_once, token, requirement, bound_accepted=bound_accepted
            ),
            partial(self.blocking.verify, token, requirement, bound_accepted=bound_accepted),
        )

    async def _settled(
        self, at_once: Callable[[], AccessToken], in_a_thread: Callable[[], AccessToken]
    ) -> AccessToken:
        """As `attempt.settled`, awaiting what that waits for."""
        ends_at = time.monotonic() + PATIENCE
        while True:
            try:
                return at_once()
            except WouldWait as wanted:
                self.blocking.keep_polling()
                attempt = wanted.attempt
            if attempt is None:
                loop = asyncio.get_running_loop()
                return await _within(PATIENCE, loop.run_in_executor(self._threads, in_a_thread))
            await _within(ends_at - time.monotonic(), _end_of(attempt))

    def metadata(self, **members: Any) -> dict[str, Any]:
        """As `Verifier.metadata`."""
        return self.blocking.metadata(**members)

    @property
    def metadata_path(self) -> str:
        """As `Verifier.metadata_path`."""
        return self.blocking.metadata_path

    async def start(self) -> Self:
        """As `Verifier.start`."""
        await asyncio.to_thread(self.blocking.start)
        return self

    async def close(self) -> None:
        """As `Verifier.close`."""
        self._threads.shutdown(wait=False)
        await asyncio.to_thread(self.blocking.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _within(seconds: float, awaited: Awaitable[Found]) -> Found:
    try:
        return await asyncio.wait_for(awaited, max(0.0, seconds))
    except TimeoutError:
        raise Unavailable("the issuer has not answered yet") from None


async def _end_of(attempt: Attempt) -> None:
    """Wait for an attempt that others wait for too: who gives up does not end it."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def tell(_: Attempt) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(ended.set)

    attempt.add_done_callback(tell)
    await ended.wait()


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_ASKING, thread_name_prefix="signet-kit-asking")
