"""Who is signed in, and the tokens held for them: on the server, never in the browser.

The browser holds an opaque value in an HttpOnly cookie; the row it points to is encrypted under
the application's secret key. Called by the routes and by the relying party. The refresh of a
session is a turn that one request takes at a time, across threads and processes, and the others
reuse its result: presenting a rotated refresh token twice is what a thief does (RFC 9700 §4.14.2).
"""

import base64
import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from client_demo.browser_session import digest
from client_demo.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS signed_in (
    session TEXT PRIMARY KEY,
    sealed BLOB NOT NULL,
    generation INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    turn_ends REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signed_in_place (
    session TEXT PRIMARY KEY,
    browser TEXT NOT NULL,
    subject TEXT NOT NULL,
    sid TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS signed_in_place_sid ON signed_in_place (sid);
CREATE INDEX IF NOT EXISTS signed_in_place_subject ON signed_in_place (subject);
"""
LIFETIME = 14 * 24 * 3600
TURN_SECONDS = 20.0
"""Longer than the timeouts of one refresh, so a turn ends by itself only after a crash."""


@dataclass(frozen=True)
class SignedIn:
    """One person signed in at one browser, and what the provider issued for it."""

    claims: dict[str, Any]
    userinfo: dict[str, Any]
    id_token: str
    access_token: str
    refresh_token: str | None
    expires_at: int
    scope: str
    signed_in_at: int
    generation: int = 0
    earlier_refresh_tokens: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """The stable identifier of the account at this issuer."""
        return str(self.claims["sub"])

    @property
    def name(self) -> str:
        """A name to greet the person by, whichever the provider gave."""
        for claim in ("name", "preferred_username", "email"):
            if self.userinfo.get(claim):
                return str(self.userinfo[claim])
        return self.subject


@dataclass(frozen=True)
class Place:
    """Which session, as a digest, and in which browser."""

    session: str
    browser: str


class SignedInStore:
    """The rows of signed-in people."""

    def __init__(self, database: Database, secret_key: str) -> None:
        self._database = database
        derived = HKDF(hashes.SHA256(), 32, None, b"fieldnotes signed_in").derive(
            secret_key.encode()
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def begin(self, person: SignedIn, browser: str) -> str:
        """Remember a new sign-in of a browser under a new session id, which is returned."""
        session = secrets.token_urlsafe(32)
        now = int(time.time())
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO signed_in (session, sealed, generation, expires) VALUES (?, ?, ?, ?)",
                (digest(session), self._seal(person), person.generation, now + LIFETIME),
            )
            connection.execute(
                "INSERT INTO signed_in_place VALUES (?, ?, ?, ?)",
                (digest(session), browser, person.subject, person.claims.get("sid")),
            )
            connection.execute(
                "DELETE FROM signed_in_place WHERE session IN"
                " (SELECT session FROM signed_in WHERE expires < ? LIMIT 20)",
                (now,),
            )
            connection.execute(
                "DELETE FROM signed_in WHERE session IN"
                " (SELECT session FROM signed_in WHERE expires < ? LIMIT 20)",
                (now,),
            )
        return session

    def find(self, session: str) -> SignedIn | None:
        """The person behind a session id, if there is one."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT sealed FROM signed_in WHERE session = ? AND expires > ?",
                (digest(session), int(time.time())),
            ).fetchone()
        return self._open(row["sealed"]) if row else None

    def end(self, session: str) -> None:
        """Forget a session and its tokens."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM signed_in WHERE session = ?", (digest(session),))
            connection.execute("DELETE FROM signed_in_place WHERE session = ?", (digest(session),))

    def end_told(self, *, sid: str | None, subject: str | None) -> list[Place]:
        """End the sessions that hang on a session of the provider, or all of a person, or where
        both are named those that fit both. Return where they were."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "DELETE FROM signed_in_place WHERE (:sid IS NULL OR sid = :sid)"
                " AND (:subject IS NULL OR subject = :subject) RETURNING session, browser",
                {"sid": sid, "subject": subject},
            ).fetchall()
            ended = [Place(row["session"], row["browser"]) for row in rows]
            return [
                place
                for place in ended
                if connection.execute(
                    "DELETE FROM signed_in WHERE session = ?", (place.session,)
                ).rowcount
            ]

    def take_turn(self, session: str, seen: int) -> SignedIn | Literal["mine", "wait", "ended"]:
        """Ask for the turn to refresh generation `seen`, or get what another request obtained."""
        now = time.time()
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT sealed, generation, turn_ends FROM signed_in WHERE session = ?",
                (digest(session),),
            ).fetchone()
            if row is None:
                return "ended"
            if row["generation"] != seen:
                return self._open(row["sealed"]) or "ended"
            if row["turn_ends"] > now:
                return "wait"
            connection.execute(
                "UPDATE signed_in SET turn_ends = ? WHERE session = ?",
                (now + TURN_SECONDS, digest(session)),
            )
            return "mine"

    def finish_turn(self, session: str, renewed: SignedIn | None) -> None:
        """End the turn; what was renewed replaces what was there, nothing renewed leaves it."""
        with self._database.transaction() as connection:
            if renewed is None:
                connection.execute(
                    "UPDATE signed_in SET turn_ends = 0 WHERE session = ?", (digest(session),)
                )
            else:
                connection.execute(
                    "UPDATE signed_in SET turn_ends = 0, sealed = ?, generation = ?"
                    " WHERE session = ?",
                    (self._seal(renewed), renewed.generation, digest(session)),
                )

    def _seal(self, person: SignedIn) -> bytes:
        return self._fernet.encrypt(json.dumps(asdict(person)).encode())

    def _open(self, sealed: bytes) -> SignedIn | None:
        try:
            fields = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            return None
        earlier = tuple(fields.pop("earlier_refresh_tokens"))
        return SignedIn(**fields, earlier_refresh_tokens=earlier)
