"""What is remembered about a browser before and beside a sign-in: Flask's session, kept here.

Authlib keeps each sign-in's `state`, `nonce` and `code_verifier` in Flask's session, and that
binding is what stops a foreign response from being accepted (RFC 9700 §4.7). Called by Flask on
every request. Choice: every entry is a row of its own, because tabs of one browser work at the
same time and a session saved as a whole would let the last one erase what the others began.
"""

import hashlib
import json
import secrets
import time
from typing import Any, cast

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin

from client_demo.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS browser_entry (
    browser TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (browser, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS browser_entry_expires ON browser_entry (expires);
"""
LIFETIME = 24 * 3600


def digest(opaque: str) -> str:
    """What is kept of an opaque value, so that the file at rest opens no session."""
    return hashlib.sha256(opaque.encode()).hexdigest()


class BrowserSession(dict[str, Any], SessionMixin):
    """A dictionary that knows its browser and which of its entries changed."""

    def __init__(self, database: Database, identifier: str, entries: dict[str, str]) -> None:
        super().__init__({name: json.loads(value) for name, value in entries.items()})
        self._database = database
        self._loaded = entries
        self.identifier = identifier
        self.browser = digest(identifier)

    def keep(self) -> None:
        """Make sure that this browser is known again at its next request."""
        self["_seen"] = int(time.time()) // 3600

    def take(self, name: str) -> bool:
        """Remove an entry for good; only one of several simultaneous requests gets True."""
        with self._database.transaction() as connection:
            removed = connection.execute(
                "DELETE FROM browser_entry WHERE browser = ? AND name = ?", (self.browser, name)
            )
            return removed.rowcount == 1

    def save(self) -> bool:
        """Write the entries that changed; False where there was nothing to write."""
        current = {name: json.dumps(value) for name, value in self.items()}
        changed = {n: v for n, v in current.items() if self._loaded.get(n) != v}
        removed = self._loaded.keys() - current.keys()
        if not changed and not removed:
            return False
        now = int(time.time())
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO browser_entry VALUES (?, ?, ?, ?) ON CONFLICT (browser, name)"
                " DO UPDATE SET value = excluded.value, expires = excluded.expires",
                [(self.browser, name, value, now + LIFETIME) for name, value in changed.items()],
            )
            connection.executemany(
                "DELETE FROM browser_entry WHERE browser = ? AND name = ?",
                [(self.browser, name) for name in removed],
            )
            connection.execute(
                "DELETE FROM browser_entry WHERE (browser, name) IN"
                " (SELECT browser, name FROM browser_entry WHERE expires < ? LIMIT 50)",
                (now,),
            )
        return True


def this_browser() -> BrowserSession:
    """The session of the browser whose request is being answered."""
    return cast(BrowserSession, session)


class BrowserSessions(SessionInterface):
    """Opens and saves the session of each request; the cookie carries an opaque value only."""

    def __init__(self, database: Database, *, secure: bool) -> None:
        self._database = database
        self._secure = secure
        # The prefix makes browsers refuse a cookie that a neighbouring host has set.
        self._cookie = "__Host-fieldnotes_browser" if secure else "fieldnotes_browser"

    def open_session(self, app: Flask, request: Request) -> BrowserSession:  # noqa: ARG002
        """The entries of this browser; a browser that shows no known cookie starts empty."""
        identifier = request.cookies.get(self._cookie, "")
        entries = self._entries(identifier) if identifier else {}
        if not entries:
            identifier = secrets.token_urlsafe(32)
        return BrowserSession(self._database, identifier, entries)

    def save_session(
        self,
        app: Flask,  # noqa: ARG002
        session: SessionMixin,
        response: Response,
    ) -> None:
        """Save what changed, and give the browser its cookie when there is something to find."""
        if isinstance(session, BrowserSession) and session.save():
            response.set_cookie(
                self._cookie,
                session.identifier,
                max_age=LIFETIME,
                httponly=True,
                secure=self._secure,
                samesite="Lax",
            )

    def _entries(self, identifier: str) -> dict[str, str]:
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT name, value FROM browser_entry WHERE browser = ? AND expires > ?",
                (digest(identifier), int(time.time())),
            ).fetchall()
        return {row["name"]: row["value"] for row in rows}
