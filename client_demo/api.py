"""The notes API: a protected resource that accepts Signet's access tokens and nothing else.

A process of its own. Signet's kit for APIs verifies each token here, without asking Signet, and
refuses one that was called back within seconds, because it reads Signet's Token Status List in
the background. This module says what each operation needs; the challenges of RFC 6750 §3 are the
kit's. `python -m client_demo.api` serves it.
"""

import time
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from client_demo.database import Database
from client_demo.settings import ApiSettings
from provider.resource_server import StatusPolicy, Verifier, require
from provider.resource_server.flask import metadata, protect

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
TRUST_OLD_NEWS = 60
"""Seconds for which the last status list still counts while Signet cannot be asked. Choice: a
notebook would rather open than be down with its issuer; a bank would say 0."""


def create_app(settings: ApiSettings) -> Flask:
    """The API as a WSGI application."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 16 * 1024
    notes = Database(settings.data / "notes.sqlite", SCHEMA)
    verifier = Verifier(
        settings.issuer,
        settings.resource,
        realm=REALM,
        status=StatusPolicy(accept_for=TRUST_OLD_NEWS),
    )
    app.extensions["verifier"] = verifier
    app.register_blueprint(metadata(verifier, scopes_supported=["notes:read", "notes:write"]))

    @app.get("/api/notes")
    @protect(verifier, require("notes:read"))
    def read_notes() -> Response:
        return jsonify(notes=_notes_of(notes, g.access_token.subject))

    @app.post("/api/notes")
    @protect(verifier, require("notes:write"))
    def write_note() -> tuple[Response, int]:
        subject = g.access_token.subject
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

    @app.get("/api/verification")
    def verification() -> Response:
        # What verifying has cost Signet so far; the page that compares three ways asks for it.
        return jsonify(requests_to_issuer=verifier.requests_made)

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
