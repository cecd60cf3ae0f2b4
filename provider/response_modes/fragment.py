"""`response_mode=fragment` (OAuth 2.0 Multiple Response Type Encoding Practices §2.1): the
part of an address that browsers send to no server."""

from collections.abc import Mapping
from urllib.parse import urlencode

from provider.context import Context
from provider.http import Response
from provider.roles import ResponseMode


class Fragment(ResponseMode):
    """Adds the parameters as the fragment; a registered redirect URI has none of its own."""

    mode = "fragment"

    def deliver(self, ctx: Context, redirect_uri: str, parameters: Mapping[str, str]) -> Response:
        """Redirect with 303, so that no body is ever sent along (RFC 9700 §4.12)."""
        del ctx
        return Response.see_other(f"{redirect_uri}#{urlencode(parameters)}")
