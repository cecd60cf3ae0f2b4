"""The addresses of all status lists (draft-ietf-oauth-status-list-21 §9), so that a resource
server can fetch them before it meets the first token."""

from hashlib import sha256

import orjson

from provider.context import Context
from provider.http import Request, Response
from provider.roles import Endpoint
from provider.status_list.writing import PATH

MAX_AGE = 1


class StatusListAggregation(Endpoint):
    """Serves the list of lists."""

    path = PATH
    methods = ("GET", "HEAD")
    name = "status_list_aggregation_endpoint"
    specs = ("draft-ietf-oauth-status-list-21 section 9",)
    cors = "public"
    read_only = True
    from_memory = True

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the addresses, or 304 where the caller has them."""
        body = orjson.dumps({"status_lists": ctx.provider.board.uris()})
        etag = f'"{sha256(body).hexdigest()[:32]}"'
        return Response.cacheable(request, body, etag, max_age=MAX_AGE)
