"""Responses that come through the browser with a token in them.

Called by `app` for a response by form post, and by `relying_party` for the ID token in it. A form
that another site posts comes without our Lax cookies; so it is put aside under a handle that works
once, and the browser comes again with GET, whose cookies tell whether it is the one that asked.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from joserfc import jws

from client_demo.browser_session import digest
from client_demo.database import Database
from client_demo.provider_client import Stopped

SCHEMA = """
CREATE TABLE IF NOT EXISTS posted_response (
    handle TEXT PRIMARY KEY,
    parameters TEXT NOT NULL,
    expires INTEGER NOT NULL
) WITHOUT ROWID;
"""
KEPT_SECONDS = 120
_HASHES = {"256": "sha256", "384": "sha384", "512": "sha512", "DSA": "sha512"}


class PostedResponses:
    """Responses by form post, until their browser comes again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_aside(self, parameters: dict[str, str]) -> str:
        """Keep a response for a moment. Return its handle."""
        handle = secrets.token_urlsafe(32)
        now = int(time.time())
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM posted_response WHERE expires < ?", (now,))
            connection.execute(
                "INSERT INTO posted_response VALUES (?, ?, ?)",
                (digest(handle), json.dumps(parameters), now + KEPT_SECONDS),
            )
        return handle

    def take(self, handle: str) -> dict[str, str]:
        """The response behind a handle, once."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "DELETE FROM posted_response WHERE handle = ? AND expires > ?"
                " RETURNING parameters",
                (digest(handle), int(time.time())),
            ).fetchone()
        if row is None:
            raise Stopped("That response was already used, or came too late.")
        parameters: dict[str, str] = json.loads(row["parameters"])
        return parameters


def check_code(id_token: str, claims: dict[str, Any], code: str) -> None:
    """The ID token is for the code that came along (OpenID Connect Core 1.0 §3.3.2.11)."""
    algorithm = str(jws.extract_compact(id_token.encode()).headers()["alg"])
    hashed = hashlib.new(_HASHES[algorithm[-3:]], code.encode()).digest()
    half = base64.urlsafe_b64encode(hashed[: len(hashed) // 2]).rstrip(b"=").decode()
    if not code or not hmac.compare_digest(str(claims.get("c_hash")).encode(), half.encode()):
        raise Stopped("The ID token that came with the code is not for this code (c_hash).")
