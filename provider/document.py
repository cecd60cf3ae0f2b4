"""Endpoints that serve one public document from memory, the same for everybody: they are asked
more often than all others and know nothing of who asks. `front` answers a plain GET of one
without opening a context."""

from abc import abstractmethod
from typing import ClassVar

from provider.context import Context, Provider
from provider.http import Request, Response
from provider.keys.snapshot import Published
from provider.roles import Endpoint


class Document(Endpoint):
    """Serves what `published` returns. `max_age`: seconds for which it may be kept."""

    methods = ("GET", "HEAD")
    cors = "public"
    read_only = True
    from_memory = True
    max_age: ClassVar[int]

    @abstractmethod
    def published(self, provider: Provider, now: int) -> Published:
        """Return the document as it stands at `now`."""

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the document, or 304 where the client has it."""
        return self.answer(ctx.provider, ctx.now, request)

    def answer(self, provider: Provider, now: int, request: Request) -> Response:
        """Answer without a context."""
        found = self.published(provider, now)
        return Response.cacheable(request, found.body, found.etag, max_age=self.max_age)
