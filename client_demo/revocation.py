"""An access token that is called back before it expires, and the API watched until it refuses it.

Called by the revocation page, which loads itself anew once a second while a watch goes on; each
load is one look: the API is called with the token, Signet is asked about it, and the API tells how
often it has asked Signet in all. From that the page compares three ways to notice: waiting for the
expiry, introspection with every request (RFC 7662), and the Token Status List that the API reads
(draft-ietf-oauth-status-list).
"""

import time
from dataclasses import dataclass
from math import log1p
from typing import Any

from client_demo.messages import Timeline
from client_demo.relying_party import RelyingParty
from client_demo.signed_in import SignedIn

MOST_LOOKS = 60
"""After as many seconds a watch ends by itself."""


@dataclass(frozen=True)
class Way:
    """One way to notice: what it asked of Signet during the watch, and how long it took.

    `requests` of None: not known; `seconds` of None: not noticed yet.
    """

    name: str
    words: str
    requests: int | None
    seconds: float | None
    share: float = 0


class RevocationWatch:
    """Begins a watch and looks. A watch is a plain dictionary, kept with the browser's session;
    it never holds the token."""

    def __init__(self, party: RelyingParty, timeline: Timeline, api_url: str) -> None:
        self._party = party
        self._timeline = timeline
        self._api_url = api_url

    def begin(self, person: SignedIn, *, give_back: bool) -> dict[str, Any]:
        """Start watching; with `give_back` Fieldnotes itself ends its access now (RFC 7009)."""
        now = time.time()
        watch: dict[str, Any] = {
            "generation": person.generation,
            "began": now,
            "gave_back": give_back,
            "ended_at": None,
            "left": max(0, person.expires_at - now),
            "asked_before": 0,
            "looks": [],
            "over": False,
        }
        self._timeline.begin("A token is called back")
        self._look(watch, person)
        watch["asked_before"] = watch["looks"][0]["asked"]
        watch["looks"][0]["asked"] = 0
        if give_back and watch["looks"][0]["status"] == 200:
            self._party.give_back(person)
            watch["ended_at"] = time.time() - watch["began"]
        return watch

    def look(self, watch: dict[str, Any], person: SignedIn | None) -> dict[str, Any]:
        """Look once more unless the watch is over, or the token watched was replaced."""
        if watch["over"]:
            return watch
        if person is None or person.generation != watch["generation"]:
            return {**watch, "over": True}
        self._timeline.pause()
        self._look(watch, person)
        return watch

    def _look(self, watch: dict[str, Any], person: SignedIn) -> None:
        status = self._party.call("GET", f"{self._api_url}/api/notes", person.access_token).status
        at = time.time() - watch["began"]
        active = self._party.is_active(person)
        cost = self._party.call("GET", f"{self._api_url}/api/verification", None).body
        asked = cost.get("requests_to_issuer", 0) - watch["asked_before"]
        watch["looks"].append(
            {"at": round(at, 1), "status": status, "active": active, "asked": asked}
        )
        if not active and watch["ended_at"] is None:
            watch["ended_at"] = at
        watch["over"] = status == 401 or len(watch["looks"]) >= MOST_LOOKS


def ways(watch: dict[str, Any]) -> list[Way]:
    """Compare what was seen of the three ways; `share` is the length of a bar, on a scale where
    each further minute adds less."""
    looks, ended_at = watch["looks"], watch["ended_at"]
    refused = next((look["at"] for look in looks if look["status"] == 401), None)
    told = next((look["at"] for look in looks if not look["active"]), None)
    left = watch["left"] - (ended_at or 0)
    found = [
        Way(
            "Wait until it expires",
            "The API verifies the signature and the times, and nothing else.",
            0,
            left if ended_at is not None else None,
        ),
        Way(
            "Ask with every request",
            "The API introspects each token, so each call waits for Signet, and fails with it.",
            len(looks),
            max(0.0, told - ended_at) if told is not None and ended_at is not None else None,
        ),
        Way(
            "Read the status list",
            "What this API does: one small list in the background, however many calls come.",
            looks[-1]["asked"],
            max(0.0, refused - ended_at) if refused is not None and ended_at is not None else None,
        ),
    ]
    longest = max((way.seconds or 0 for way in found), default=0)
    return [
        Way(
            way.name,
            way.words,
            way.requests,
            way.seconds,
            round(100 * log1p(way.seconds or 0) / log1p(longest), 1) if longest else 0,
        )
        for way in found
    ]
