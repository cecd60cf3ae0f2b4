"""The end session endpoint (OpenID Connect RP-Initiated Logout §2). What it shows is a
matter of the pages, so they are handed in."""

from collections.abc import Callable
from urllib.parse import urlencode

from provider.context import Context
from provider.errors import InvalidRequest
from provider.http import MAX_QUERY, Parameters, Request, Response
from provider.roles import Endpoint


class EndSession(Endpoint):
    """Signs the person out, asking first where the request proves too little."""

    path = "/logout"
    methods = ("GET", "POST")
    name = "end_session_endpoint"
    specs = ("OpenID Connect RP-Initiated Logout 1.0 section 2",)
    for_people = True

    def __init__(self, end_session: Callable[[Context, Parameters], Response]) -> None:
        self._end_session = end_session

    def respond(self, ctx: Context, request: Request) -> Response:
        """Answer; a POST from another site comes without cookies, so it comes again as GET."""
        if request.method == "GET":
            return self._end_session(ctx, request.query)
        query = urlencode(request.form.as_lists(), doseq=True)
        if len(query) > MAX_QUERY:
            raise InvalidRequest("The logout request is too long.")
        return Response.see_other(ctx.url(f"{self.path}?{query}"))
