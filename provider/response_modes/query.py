"""`response_mode=query` (OAuth 2.0 Multiple Response Type Encoding Practices §2.1)."""

from collections.abc import Mapping
from urllib.parse import urlencode

from provider.context import Context
from provider.http import Response
from provider.roles import ResponseMode


class Query(ResponseMode):
    """Adds the parameters to the query of the redirect URI, after what is there already."""

    mode = "query"

    def deliver(self, ctx: Context, redirect_uri: str, parameters: Mapping[str, str]) -> Response:
        """Redirect with 303, so that no body is ever sent along (RFC 9700 §4.12)."""
        del ctx
        separator = "&" if "?" in redirect_uri else "?"
        return Response.see_other(redirect_uri + separator + urlencode(parameters))
