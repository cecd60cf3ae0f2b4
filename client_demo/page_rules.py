"""What holds for every page: whose session it is, who may post a form, what browsers may do.

Called by `app` for each route that acts for a person, and by Flask for each response. The cookie
of a signed-in session is an opaque value, new at every sign-in: one planted before is worth
nothing after (RFC 9700 §4.7, session fixation). Forms carry a token derived from it.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, g, redirect, request
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from client_demo.settings import LOOPBACK, Settings, origin
from client_demo.signed_in import LIFETIME, SignedIn, SignedInStore


class PageRules:
    """The signed-in session of a request and the rules of its pages."""

    def __init__(self, app: Flask, settings: Settings, people: SignedInStore) -> None:
        self._settings = settings
        self._people = people
        self._cookie = "__Host-fieldnotes_session" if settings.secure else "fieldnotes_session"
        app.before_request(self._one_address)
        app.after_request(self._headers)

    def person(self) -> SignedIn | None:
        """Who is signed in, read once per request."""
        if "person" not in g:
            cookie = request.cookies.get(self._cookie)
            g.person = self._people.find(cookie) if cookie else None
        found: SignedIn | None = g.person
        return found

    def csrf_token(self) -> str:
        """What this session's forms carry; another site cannot know it."""
        cookie = request.cookies.get(self._cookie, "")
        key = self._settings.secret_key.encode()
        return hmac.new(key, b"csrf " + cookie.encode(), hashlib.sha256).hexdigest()

    def acting(self) -> tuple[str, SignedIn]:
        """The session behind a form that was posted, if it came from one of our own pages."""
        sent = request.form.get("csrf_token", "")
        if not hmac.compare_digest(sent.encode(), self.csrf_token().encode()):
            raise Forbidden
        if request.headers.get("Origin", self._own_origin) != self._own_origin:
            raise Forbidden
        person = self.person()
        if person is None:
            raise Forbidden
        return request.cookies[self._cookie], person

    def renew(self, response: AnyResponse, session_id: str) -> None:
        """Give the browser its new session; the one it came with ends."""
        self._end_current()
        response.set_cookie(
            self._cookie,
            session_id,
            max_age=LIFETIME,
            httponly=True,
            secure=self._settings.secure,
            samesite="Lax",
        )

    def forget(self, response: AnyResponse) -> None:
        """End the session here and take its cookie from the browser."""
        self._end_current()
        g.person = None
        response.delete_cookie(
            self._cookie, httponly=True, secure=self._settings.secure, samesite="Lax"
        )

    def _end_current(self) -> None:
        if cookie := request.cookies.get(self._cookie):
            self._people.end(cookie)

    @property
    def _own_origin(self) -> str:
        return origin(self._settings.base_url)

    def _one_address(self) -> AnyResponse | None:
        """On one's own machine, 127.0.0.1 and localhost have different cookies: use one name."""
        asked = urlsplit(f"//{request.host}").hostname
        own = urlsplit(self._settings.base_url)
        if request.method != "GET" or request.path == "/health" or asked == own.hostname:
            return None
        if asked in LOOPBACK and own.hostname in LOOPBACK:
            return redirect(self._settings.base_url + request.full_path.removesuffix("?"), 307)
        return None

    def _headers(self, response: Response) -> Response:
        """No script at all, nothing kept by caches, and no framing but by the provider of the
        one page that it loads in a frame to sign people out."""
        headers = response.headers
        is_frame = request.endpoint == "frontchannel_logout"
        framers = origin(self._settings.issuer) if is_frame else "'none'"
        # Browsers apply form-action to the redirect that follows a form as well: signing out
        # leads from a form of ours to the provider.
        headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none';"
            f" form-action 'self' {origin(self._settings.issuer)}; frame-ancestors {framers}"
        )
        if not is_frame:
            headers["X-Frame-Options"] = "DENY"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if self._settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static":
            headers["Cache-Control"] = "no-store"
        return response
