"""What the application does when the provider tells it that a session ended.

Called by two routes of `app`. Back-channel (OpenID Connect Back-Channel Logout 1.0 §2.7): a token
from server to server. Front-channel (OpenID Connect Front-Channel Logout 1.0 §3): a frame in the
person's browser, whose `sid` nobody else knows; it works by that and not by a cookie, which
browsers keep from frames of other sites. Both end the same sessions, and the browser is told why
at its next page.
"""

import time
from dataclasses import dataclass
from typing import Any

from client_demo.database import Database
from client_demo.issuer_keys import Unverified
from client_demo.logout_token import OLDEST, LogoutTokenVerifier
from client_demo.messages import Message, Timeline, shorten
from client_demo.settings import Settings
from client_demo.signed_in import Place, SignedInStore

SCHEMA = """
CREATE TABLE IF NOT EXISTS logout_seen (
    jti TEXT PRIMARY KEY,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logout_notice (
    browser TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
"""
NOTICE_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Notice:
    """That the provider ended this browser's session, by which channel and when."""

    channel: str
    at: int


class LogoutReceiver:
    """Ends what the provider says has ended."""

    def __init__(
        self, settings: Settings, database: Database, people: SignedInStore, timeline: Timeline
    ) -> None:
        self._settings = settings
        self._database = database
        self._people = people
        self._timeline = timeline
        self._verifier = LogoutTokenVerifier(settings.issuer, settings.client_id)

    def back_channel(self, token: str) -> int:
        """Take a logout token. Return how many sessions ended. Raises Unverified."""
        said = self._verifier.verify(token)
        if not self._is_first(said.jti):
            raise Unverified("This logout token was used before")
        ended = self._people.end_told(sid=said.sid, subject=said.subject)
        self._tell(
            ended,
            "back-channel",
            Message(
                step="backchannel_logout",
                sender="Signet",
                receiver="Fieldnotes",
                method="POST",
                url=self._settings.base_url + "/backchannel-logout",
                parameters=[("logout_token", shorten(token)), *_shown(said.claims)],
                headers=[("Content-Type", "application/x-www-form-urlencoded")],
                status=200,
                answer_headers=[("Cache-Control", "no-store")],
                milliseconds=0,
            ),
        )
        return len(ended)

    def front_channel(self, issuer: str, sid: str) -> int:
        """Take what a frame's address says. Return how many sessions ended. Raises Unverified."""
        if issuer != self._settings.issuer or not sid:
            raise Unverified("The frame names another issuer, or no session")
        ended = self._people.end_told(sid=sid, subject=None)
        self._tell(
            ended,
            "front-channel",
            Message(
                step="frontchannel_logout",
                sender="Signet",
                receiver="Fieldnotes",
                method="GET",
                url=self._settings.base_url + "/frontchannel-logout",
                parameters=[("iss", issuer), ("sid", shorten(sid))],
                headers=[],
            ),
        )
        return len(ended)

    def take_notice(self, browser: str) -> Notice | None:
        """What to tell this browser, once."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "DELETE FROM logout_notice WHERE browser = ? RETURNING channel, at", (browser,)
            ).fetchone()
        return Notice(row["channel"], row["at"]) if row else None

    def _is_first(self, jti: str) -> bool:
        now = int(time.time())
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM logout_seen WHERE expires < ?", (now,))
            added = connection.execute(
                "INSERT INTO logout_seen VALUES (?, ?) ON CONFLICT DO NOTHING",
                (jti, now + 2 * OLDEST),
            )
            return added.rowcount == 1

    def _tell(self, ended: list[Place], channel: str, message: Message) -> None:
        now = int(time.time())
        for place in ended:
            self._timeline.record_for(place.browser, "Signet ended the session", message)
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO logout_notice VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [(place.browser, channel, now) for place in ended],
            )
            connection.execute("DELETE FROM logout_notice WHERE at < ?", (now - NOTICE_SECONDS,))


def _shown(claims: dict[str, Any]) -> list[tuple[str, str]]:
    """The token's claims in the form of parameters, identifiers shortened."""
    return [
        (f"logout_token.{name}", shorten(str(value)) if name in ("sid", "jti") else str(value))
        for name, value in claims.items()
    ]
