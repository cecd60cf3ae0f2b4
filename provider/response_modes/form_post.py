"""`response_mode=form_post` (OAuth 2.0 Form Post Response Mode): a page whose form the
browser posts to the client at once, or at the press of a button where scripts are off."""

from base64 import b64encode
from collections.abc import Callable, Mapping

from provider.context import Context
from provider.http import Response
from provider.roles import ResponseMode

Page = Callable[[Context, str, list[tuple[str, str]], str], str]
"""Renders action, fields and script nonce into HTML."""


class FormPost(ResponseMode):
    """Posts the parameters to the redirect URI."""

    mode = "form_post"

    def __init__(self, page: Page) -> None:
        self._page = page

    def deliver(self, ctx: Context, redirect_uri: str, parameters: Mapping[str, str]) -> Response:
        """Return the page. Only its own script may run.

        Choice: the policy names no `form-action`, since browsers apply it to the
        redirects of the client's answer too; the form has one fixed target.
        """
        nonce = b64encode(ctx.entropy.token_bytes(16)).decode()
        html = self._page(ctx, redirect_uri, list(parameters.items()), nonce)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; "
            "img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return Response(
            headers=[
                ("Content-Type", "text/html; charset=utf-8"),
                ("Cache-Control", "no-store"),
                ("Referrer-Policy", "no-referrer"),
                ("X-Frame-Options", "DENY"),
                ("Content-Security-Policy", policy),
            ],
            body=html.encode(),
        )
