"""The verifier for asyncio. What is at hand is answered in the event loop, without I/O; what has
to be fetched first is fetched in a thread, so that the loop never waits.
"""

import asyncio
from types import TracebackType
from typing import Any, Self

from provider.resource_server.access_token import AccessToken
from provider.resource_server.fetching import WouldWait
from provider.resource_server.presented import PresentedRequest
from provider.resource_server.requirement import Requirement
from provider.resource_server.verifier import Verifier


class AsyncVerifier:
    """A `Verifier` to await: the same arguments, the same methods, the same errors."""

    def __init__(self, issuer: str, audience: str, **options: Any) -> None:
        self.blocking = Verifier(issuer, audience, **options)

    async def authorize(
        self, request: PresentedRequest, requirement: Requirement | None = None
    ) -> AccessToken:
        """As `Verifier.authorize`."""
        try:
            return self.blocking.authorize_at_once(request, requirement)
        except WouldWait:
            return await asyncio.to_thread(self.blocking.authorize, request, requirement)

    async def verify(
        self,
        token: str,
        requirement: Requirement | None = None,
        *,
        bound_accepted: bool = False,
    ) -> AccessToken:
        """As `Verifier.verify`."""
        try:
            return self.blocking.verify_at_once(token, requirement, bound_accepted=bound_accepted)
        except WouldWait:
            return await asyncio.to_thread(
                self.blocking.verify, token, requirement, bound_accepted=bound_accepted
            )

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
