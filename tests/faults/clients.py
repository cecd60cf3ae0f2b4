"""Honest clients under load. Each writes down every answer; who got none, or a 503, asks
again with the same thing, as our README has it. They judge nothing: `judging` does."""

import http.client
import json
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.faults.deployment import Deployment, Node
from tests.support.browser import Browser
from tests.support.relying_party import Grant, RelyingParty, basic

_TOLD = ("error", "refresh_token")
"""What is written down of an answer; hours of whole ones would fill the memory."""


@dataclass(frozen=True)
class Note:
    """One request and what came of it. No status: no answer came."""

    presented: str
    status: int | None
    body: dict[str, Any]
    retry_after: str | None
    seconds: float

    @property
    def is_definite(self) -> bool:
        """Whether the client knows what happened."""
        return self.status is not None and self.status < 500


@dataclass
class Client(threading.Thread, ABC):
    """A client in a loop, in a thread of its own."""

    party: RelyingParty
    nodes: list[Node]
    notes: list[Note] = field(default_factory=list)
    pause: float = 0.0

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._halt = threading.Event()
        self._turn = 0

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self._halt.is_set():
            self.step()
            if self.pause:
                self._halt.wait(self.pause)

    def halt(self) -> None:
        """Stop after the present request, and wait for it."""
        self._halt.set()
        self.join(120)
        assert not self.is_alive(), "a client hangs"

    @abstractmethod
    def step(self) -> None:
        """Do one thing."""

    def ask(self, presented: str, fields: dict[str, str]) -> Note:
        """Ask the token endpoint, and write down what came of it."""
        self._turn += 1
        node = self.nodes[self._turn % len(self.nodes)]
        headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", basic(self.party.client_id, self.party.secret or "")),
        ]
        began = time.monotonic()
        status, body, retry_after = None, {}, None
        try:
            status, found, content = node.ask(
                "POST", "/token", headers, urlencode(fields).encode()
            )
            retry_after = {name.lower(): value for name, value in found}.get("retry-after")
            body = json.loads(content)
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
        except ValueError:
            body = {"error": "not JSON"}
        told = {name: body[name] for name in _TOLD if name in body}
        note = Note(presented, status, told, retry_after, time.monotonic() - began)
        self.notes.append(note)
        return note


class Refresher(Client):
    """Refreshes its own family, again and again, always with the newest token it stored."""

    def begin(self, browser: Browser) -> "Refresher":
        """Sign in, before anything goes wrong."""
        self.current = self.party.sign_in(browser).refresh_token
        return self

    def step(self) -> None:
        note = self.ask(
            self.current, {"grant_type": "refresh_token", "refresh_token": self.current}
        )
        if note.status == 200:
            self.current = str(note.body["refresh_token"])

    @property
    def acknowledged(self) -> int:
        """How many rotations it knows of."""
        return sum(note.status == 200 for note in self.notes)


class Exchanger(Client):
    """Gets codes in a browser that is signed in, and exchanges each until it has an answer."""

    browser: Browser

    def begin(self, browser: Browser) -> "Exchanger":
        """Take a browser along, and read discovery before anything goes wrong."""
        self.browser = browser
        assert self.party.metadata
        return self

    def step(self) -> None:
        grant = self._code()
        if grant is None:
            return
        fields = {
            "grant_type": "authorization_code",
            "code": grant.code,
            "redirect_uri": grant.attempt.redirect_uri,
            "code_verifier": grant.attempt.verifier or "",
        }
        for _ in range(200):
            if self.ask(grant.code, fields).is_definite:
                return

    def _code(self) -> Grant | None:
        attempt = self.party.start()
        self._turn += 1
        node = self.nodes[self._turn % len(self.nodes)]
        parts = urlsplit(attempt.url)
        cookie = self.browser.jar.header(attempt.url, method="GET", same_site=True)
        try:
            status, headers, _ = node.ask(
                "GET", f"{parts.path}?{parts.query}", [("Cookie", cookie)]
            )
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
            return None
        if status != 303:
            self.notes.append(Note("", status, {}, dict(headers).get("retry-after", "0"), 0.0))
            return None
        location = {name.lower(): value for name, value in headers}["location"]
        sent = dict(pair.split("=", 1) for pair in urlsplit(location).query.split("&"))
        return Grant(sent["code"], attempt)


def crowd(deployment: Deployment, *, refreshers: int = 4, exchangers: int = 2) -> list[Client]:
    """Return clients that are ready to begin: each with a client registration of its own."""
    browser = deployment.browser()
    clients: list[Client] = [
        Refresher(deployment.party(), deployment.nodes).begin(browser) for _ in range(refreshers)
    ]
    clients += [
        Exchanger(deployment.party(), deployment.nodes).begin(browser) for _ in range(exchangers)
    ]
    return clients
