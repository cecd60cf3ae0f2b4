"""The notes API: a protected resource that accepts Signet's access tokens and nothing else.

A process of its own. `access_token` verifies; this module speaks HTTP and the challenges of RFC
6750 §3: a bare one when no token came, `invalid_token`, `insufficient_scope` with the scope that
would do, and `invalid_request`. Stricter: a token counts in the Authorization header only; one in
the query is an error even beside a good header (RFC 9700 §4.3.2). `python -m client_demo.api`
serves it.
"""

import re
import time
from typing import Any

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from client_demo.access_token import AccessTokenVerifier, InvalidToken, KeysUnavailable
from client_demo.database import Database
from client_demo.settings import ApiSettings

SCHEMA = """
CREATE TABLE IF NOT EXISTS note (
    number INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    written_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS note_subject ON note (subject, number);
"""
REALM = "Fieldnotes API"
NOTES_KEPT = 50
TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


class Challenge(Exception):
    """A refusal with the challenge that tells the client what is missing."""

    def __init__(
        self, status: int, error: str = "", description: str = "", scope: str = ""
    ) -> None:
        super().__init__(error)
        self.status = status
        self.members = {"error": error, "error_description": description, "scope": scope}

    def answer(self) -> Response:
        """The refusal as an HTTP response."""
        told = {name: value for name, value in self.members.items() if value}
        response = jsonify(told)
        response.status_code = self.status
        quoted = [f'{name}="{value}"' for name, value in {"realm": REALM, **told}.items()]
        response.headers["WWW-Authenticate"] = "Bearer " + ", ".join(quoted)
        return response


def create_app(settings: ApiSettings) -> Flask:
    """The API as a WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
    notes = Database(settings.data / "notes.sqlite", SCHEMA)
    verifier = AccessTokenVerifier(settings.issuer, settings.resource)

    def subject_with(scope: str) -> str:
        """The person on whose behalf this request may do what needs `scope`."""
        claims = verifier.verify(_presented_token())
        if scope not in claims.get("scope", "").split():
            raise Challenge(
                403, "insufficient_scope", "The access token does not allow this", scope
            )
        return str(claims["sub"])

    @app.get("/api/notes")
    def read_notes() -> Response:
        subject = subject_with("notes:read")
        return jsonify(notes=_notes_of(notes, subject))

    @app.post("/api/notes")
    def write_note() -> tuple[Response, int]:
        subject = subject_with("notes:write")
        body = request.get_json()
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, str) or not 0 < len(text.strip()) <= 500:
            return jsonify(error="a note is a text of 1 to 500 characters"), 422
        with notes.transaction() as connection:
            connection.execute(
                "INSERT INTO note (subject, text, written_at) VALUES (?, ?, ?)",
                (subject, text.strip().replace("\0", ""), int(time.time())),
            )
            connection.execute(
                "DELETE FROM note WHERE subject = ? AND number NOT IN"
                " (SELECT number FROM note WHERE subject = ? ORDER BY number DESC LIMIT ?)",
                (subject, subject, NOTES_KEPT),
            )
        return jsonify(notes=_notes_of(notes, subject)), 201

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="ok")

    @app.errorhandler(Challenge)
    def challenged(challenge: Challenge) -> Response:
        return challenge.answer()

    @app.errorhandler(InvalidToken)
    def invalid_token(reason: InvalidToken) -> Response:
        return Challenge(401, "invalid_token", str(reason)).answer()

    @app.errorhandler(KeysUnavailable)
    def keys_unavailable(_: KeysUnavailable) -> tuple[Response, int, dict[str, str]]:
        answer = jsonify(error="the issuer's keys cannot be fetched", issuer=settings.issuer)
        return answer, 503, {"Retry-After": "5"}

    @app.errorhandler(HTTPException)
    def problem(error: HTTPException) -> tuple[Response, int, list[tuple[str, str]]]:
        headers = [(n, v) for n, v in error.get_headers() if n not in ("Content-Type",)]
        return jsonify(error=error.name), error.code or 500, headers

    @app.after_request
    def private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _presented_token() -> str:
    """The one bearer token of the request, from its Authorization header."""
    if "access_token" in request.args:
        raise Challenge(400, "invalid_request", "A token in the query is not accepted")
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Challenge(401)
    if not TOKEN68.fullmatch(token.strip()):
        raise Challenge(400, "invalid_request", "The Authorization header is malformed")
    return token.strip()


def _notes_of(notes: Database, subject: str) -> list[dict[str, Any]]:
    with notes.reading() as connection:
        rows = connection.execute(
            "SELECT number, text, written_at FROM note WHERE subject = ? ORDER BY number DESC",
            (subject,),
        ).fetchall()
    return [dict(row) for row in rows]


def create_from_environment() -> Flask:
    """The API with the settings of the DEMO_ environment variables."""
    return create_app(ApiSettings.from_environment())


def main() -> None:
    """Serve the API until it is told to stop."""
    from client_demo.serving import serve

    serve("client_demo.api", lambda: ApiSettings.from_environment().api_url)


if __name__ == "__main__":
    main()
