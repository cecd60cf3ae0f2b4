"""The status lists (draft-ietf-oauth-status-list-21 §8): each at its own address, as a signed
token of its own kind, for anyone, from memory. Shared caches may keep one for a second.
Choice: no history (§8.4), which would tell how somebody's status changed; and no CWT."""

from provider.context import Context
from provider.errors import NoHistory, NoSuchStatusList, NotAcceptable
from provider.http import Request, Response
from provider.roles import Endpoint
from provider.status_list.writing import PATH

MEDIA_TYPE = "application/statuslist+jwt"
MAX_AGE = 1
_LONGEST_NUMBER = 9


class StatusList(Endpoint):
    """Serves one list."""

    path = PATH + "/"
    methods = ("GET", "HEAD")
    specs = ("draft-ietf-oauth-status-list-21 section 8",)
    cors = "public"
    read_only = True
    from_memory = True

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the list, or 304 where the caller has it. Raises NoSuchStatusList."""
        if "time" in request.query:
            raise NoHistory
        if not request.accepts(MEDIA_TYPE):
            raise NotAcceptable(f"Status lists are served as {MEDIA_TYPE} only.")
        number = request.path.rpartition("/")[2]
        found = None
        if number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER:
            found = ctx.provider.board.find(int(number)) if number[0] != "0" else None
        if found is None:
            raise NoSuchStatusList
        response = Response.cacheable(
            request, found.body, found.etag, max_age=MAX_AGE, media_type=MEDIA_TYPE
        )
        response.headers.append(("Vary", "Accept"))
        return response
