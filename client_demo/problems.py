"""Pages for what went wrong, in plain words and with a way on.

Called by Flask when a route raises. A refusal by the provider shows its own description and, when
it lies below the issuer, its `error_uri` as a link: any other address came from who knows where
and stays text (RFC 9700 §4.11). No answer is not a refusal: nobody is signed out by an outage.
"""

from flask import Flask, Response, make_response, render_template, session
from werkzeug.exceptions import Forbidden, HTTPException

from client_demo.page_rules import PageRules
from client_demo.provider_client import Refused, Stopped, Unreachable
from client_demo.relying_party import SignedOut
from client_demo.settings import Settings

WORDS = {
    "access_denied": (
        "You did not share anything",
        "Signet was told not to let Fieldnotes in. That is fine: nothing happened.",
    ),
    "login_required": (
        "Nobody is signed in at Signet",
        "Fieldnotes asked without a page being shown (prompt=none), and Signet would have to ask"
        " for a password.",
    ),
    "consent_required": (
        "Signet has to ask you first",
        "Fieldnotes asked without a page being shown (prompt=none), and you have not yet agreed.",
    ),
    "temporarily_unavailable": (
        "Signet is busy",
        "It asked us to come back in a moment.",
    ),
}
REFUSED = ("Signet refused", "The answer was an error, so nothing was changed here.")
HTTP_WORDS = {
    403: (
        "This page was out of date",
        "Its form belongs to an earlier session, so nothing was done. Open the page again.",
    ),
    404: ("There is no such page", "The address may have a typing error."),
    405: ("That cannot be done like this", "Use the buttons of the page."),
    413: ("That was too much at once", "A note has at most 500 characters."),
}


def show_problems(app: Flask, settings: Settings, rules: PageRules) -> None:
    """Give every exception its page."""

    def page(status: int, title: str, words: str, **more: object) -> Response:
        body = render_template("problem.html", title=title, words=words, **more)
        return make_response(body, status)

    def explained(refusal: Refused) -> dict[str, object]:
        below = settings.issuer.rstrip("/") + "/"
        linked = bool(refusal.uri) and str(refusal.uri).startswith(below)
        return {
            "error": refusal.error,
            "description": refusal.description,
            "error_uri": refusal.uri,
            "error_uri_linked": linked,
        }

    @app.errorhandler(SignedOut)
    def signed_out(refusal: SignedOut) -> Response:
        session.pop("api_result", None)
        rules.forget(holder := Response())
        response = page(
            400,
            "You have been signed out",
            "Signet does not renew what it granted, so Fieldnotes forgot its tokens. Your notes"
            " are kept. Sign in again to go on.",
            **explained(refusal),
        )
        response.headers.extend({"Set-Cookie": holder.headers.getlist("Set-Cookie")})
        return response

    @app.errorhandler(Refused)
    def refused(refusal: Refused) -> Response:
        title, words = WORDS.get(refusal.error, REFUSED)
        return page(400, title, words, **explained(refusal))

    @app.errorhandler(Stopped)
    def stopped(reason: Stopped) -> Response:
        return page(400, "Fieldnotes did not accept that", str(reason))

    @app.errorhandler(Unreachable)
    def unreachable(_: Unreachable) -> Response:
        response = page(
            503,
            "No answer",
            "Signet or the API cannot be reached, or answered in a way that makes no sense."
            " Nothing is lost: if you were signed in, you still are.",
            addresses=[("Signet", settings.issuer), ("API", settings.api_url)],
        )
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(HTTPException)
    def http_problem(error: HTTPException) -> Response:
        status = error.code or 500
        unexpected = ("Something went wrong here", "It is our fault. Please try once more.")
        title, words = HTTP_WORDS.get(status, unexpected)
        response = page(status, title, words, retry=isinstance(error, Forbidden))
        if "Allow" in (headers := dict(error.get_headers())):
            response.headers["Allow"] = headers["Allow"]
        return response
