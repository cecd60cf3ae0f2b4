"""The messages of OAuth and OpenID Connect as they travelled, kept for a person to read.

Called by the relying party: with every answer to its own requests (back channel) and with every
redirect it sends or receives through the browser (front channel). Codes, tokens and secrets are
shortened before a message is stored, so the record cannot be used by whoever reads it.
"""

import base64
import binascii
import json
import re
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from flask import g

from client_demo.browser_session import digest, this_browser
from client_demo.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY,
    browser TEXT NOT NULL,
    journey TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS message_browser ON message (browser, number);
"""
KEPT_SECONDS = 24 * 3600
KEPT_JOURNEYS = 8

SECRET = frozenset(
    {
        "access_token",
        "client_assertion",
        "client_secret",
        "code",
        "code_verifier",
        "id_token",
        "id_token_hint",
        "refresh_token",
        "token",
    }
)
REQUEST_HEADERS = ("Authorization", "Accept", "Content-Type")
ANSWER_HEADERS = ("Content-Type", "Cache-Control", "WWW-Authenticate", "Location", "Retry-After")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """One request with its answer, or one redirect through the browser."""

    step: str
    sender: str
    receiver: str
    method: str
    url: str
    parameters: Pairs
    headers: Pairs
    status: int | None = None
    answer_headers: Pairs | None = None
    answer: str | None = None
    milliseconds: int | None = None
    at: int = 0
    number: int = 0

    @property
    def front_channel(self) -> bool:
        """Whether the message went through the browser."""
        return self.status is None


@dataclass(frozen=True)
class Journey:
    """Messages that belong together, such as those of one sign-in."""

    title: str
    messages: list[Message]


def shorten(value: str) -> str:
    """Enough of a secret to recognise it, too little to use it."""
    if len(value) < 20:
        return f"… ({len(value)} characters)"
    return f"{value[:6]}…{value[-4:]} ({len(value)} characters)"


def shown(name: str, value: Any) -> Any:
    """A value as it may be displayed, looking into objects and lists."""
    if isinstance(value, dict):
        return {key: shown(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shown(name, inner) for inner in value]
    if isinstance(value, str):
        if name in SECRET:
            return shorten(value)
        return value if len(value) <= 300 else f"{value[:200]}… ({len(value)} characters)"
    return value


class Timeline:
    """Records messages for the browser at hand and returns them, newest journey first."""

    def __init__(self, database: Database, api_url: str) -> None:
        self._database = database
        self._api_url = api_url

    def begin(self, title: str, key: str = "") -> None:
        """Name what the messages of this request belong to; a key joins several requests."""
        g.journey = f"{digest(key) if key else time.time_ns()}|{title}"

    def pause(self) -> None:
        """Record nothing more of this request: it repeats what was shown before."""
        g.is_paused = True

    def sent_through_browser(self, step: str, url: str, receiver: str = "Signet") -> None:
        """Record a redirect with which the browser was sent away."""
        self._write(_front_channel(step, url, "Fieldnotes", receiver))

    def came_back(self, step: str, url: str, parameters: dict[str, str]) -> None:
        """Record a response by its parameters, in the query or posted as a form."""
        self.came_through_browser(step, f"{url}?{urlencode(parameters)}")

    def came_through_browser(self, step: str, url: str, sender: str = "Signet") -> None:
        """Record a redirect with which the browser came back."""
        self._write(_front_channel(step, url, sender, "Fieldnotes"))

    def answered(self, answer: requests.Response, **_: Any) -> None:
        """Record a request of ours with its answer; called by requests as a response hook."""
        request = answer.request
        url = request.url or ""
        place = url.split("?")[0]
        self._write(
            Message(
                step=self._step(answer),
                sender="Fieldnotes",
                receiver="API" if url.startswith(self._api_url + "/") else "Signet",
                method=request.method or "",
                url=place,
                parameters=_parameters(request),
                headers=[(n, _header(n, h)) for n in REQUEST_HEADERS if (h := _text(request, n))],
                status=answer.status_code,
                answer_headers=[
                    (n, answer.headers[n]) for n in ANSWER_HEADERS if n in answer.headers
                ],
                answer=_body(answer),
                milliseconds=round(answer.elapsed.total_seconds() * 1000),
            )
        )

    def record_for(self, browser: str, title: str, message: Message) -> None:
        """Record what concerns a browser that did not ask."""
        self._insert(browser, f"{time.time_ns()}|{title}", message)

    def journeys(self) -> list[Journey]:
        """What this browser's latest journeys sent and received."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, journey, body FROM message WHERE browser = ?"
                " ORDER BY number DESC LIMIT 80",
                (_browser(),),
            ).fetchall()
        found: dict[str, list[Message]] = {}
        for row in rows:
            message = Message(**json.loads(row["body"]) | {"number": row["number"]})
            found.setdefault(row["journey"], []).insert(0, message)
        newest = list(found.items())[:KEPT_JOURNEYS]
        return [Journey(key.split("|", 1)[1], messages) for key, messages in newest]

    def forget(self) -> None:
        """Delete what this browser's earlier journeys told about a person."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM message WHERE browser = ?", (_browser(),))

    def _step(self, answer: requests.Response) -> str:
        """What a request was for, told from what it carries."""
        url = answer.request.url or ""
        carried = dict(_parameters(answer.request))
        if url.startswith(self._api_url + "/"):
            return "api_request"
        if url.endswith("/.well-known/openid-configuration"):
            return "discovery"
        if "grant_type" in carried:
            refresh = carried["grant_type"] == "refresh_token"
            return "refresh_request" if refresh else "token_request"
        if "token" in carried:
            asks = answer.content.startswith(b"{")
            return "introspection_request" if asks else "revocation_request"
        return "userinfo_request" if "Authorization" in answer.request.headers else "jwks"

    def _write(self, message: Message) -> None:
        if g.get("is_paused"):
            return
        this_browser().keep()
        self._insert(_browser(), g.get("journey", "|Signet"), message)

    def _insert(self, browser: str, journey: str, message: Message) -> None:
        now = int(time.time())
        body = json.dumps(asdict(message) | {"at": now})
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO message (browser, journey, body, at) VALUES (?, ?, ?, ?)",
                (browser, journey, body, now),
            )
            connection.execute(
                "DELETE FROM message WHERE number IN"
                " (SELECT number FROM message WHERE at < ? ORDER BY number LIMIT 100)",
                (now - KEPT_SECONDS,),
            )


def _browser() -> str:
    return this_browser().browser


def _front_channel(step: str, url: str, sender: str, receiver: str) -> Message:
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    parameters = [(name[:60], str(shown(name, value))) for name, value in pairs[:30]]
    return Message(step, sender, receiver, "GET", url.split("?")[0], parameters, [])


def _parameters(request: requests.PreparedRequest) -> Pairs:
    body = request.body or ""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)
    if (_text(request, "Content-Type") or "").startswith("application/json"):
        return [("(JSON)", json.dumps(shown("", json.loads(text)), ensure_ascii=False))]
    pairs = parse_qsl(urlsplit(request.url or "").query) + parse_qsl(text)
    return [(name, str(shown(name, value))) for name, value in pairs]


def _text(request: requests.PreparedRequest, name: str) -> str | None:
    value: str | bytes | None = request.headers.get(name)
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _header(name: str, value: str) -> str:
    if name != "Authorization":
        return value
    scheme, _, credentials = value.partition(" ")
    if scheme != "Basic":
        return f"{scheme} {shorten(credentials)}"
    try:
        client_id, _, secret = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return f"Basic {shorten(credentials)}"
    return f"Basic base64({client_id}:{shorten(secret)})"


def _body(answer: requests.Response) -> str | None:
    if not answer.content:
        return None
    try:
        return json.dumps(shown("", answer.json()), indent=2, ensure_ascii=False)[:12_000]
    except ValueError:
        text = re.sub(r"<[^<>]*>", " ", answer.text)
        return " ".join(text.split())[:300]
