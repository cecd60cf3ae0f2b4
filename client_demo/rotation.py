"""Two experiments with refresh tokens that are no longer the current one.

Called by the rotation page. The first repeats the token just rotated, as a client does whose
answer was lost; the second presents one that was rotated long ago, as a thief does, and then looks
at what is left of the family (RFC 9700 §4.14.2). A real application keeps no earlier refresh
token at all; this one keeps two, for this page.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

from client_demo.messages import Timeline
from client_demo.provider_client import Refused
from client_demo.relying_party import RelyingParty, SignedOut
from client_demo.signed_in import SignedIn, SignedInStore


@dataclass(frozen=True)
class Attempt:
    """One thing that was tried, what was answered, and what that means."""

    what: str
    refused: bool
    answer: str
    meaning: str
    error_uri: str | None = None


class RotationExperiments:
    """What a lost answer and what a thief look like from the client's side."""

    def __init__(self, party: RelyingParty, people: SignedInStore, timeline: Timeline) -> None:
        self._party = party
        self._people = people
        self._timeline = timeline

    def lost_answer(self, session_id: str, person: SignedIn) -> dict[str, Any]:
        """Present the token that was just rotated, whose successor was not used yet."""
        self._timeline.begin("A lost answer, asked again")
        if not person.earlier_refresh_tokens:
            person = self._party.refresh(session_id, person)
        try:
            token = self._party.present_refresh_token(person.earlier_refresh_tokens[-1])
        except Refused as refusal:
            ended = refusal.error == "invalid_grant"
            if ended:
                self._people.end(session_id)
            attempts = [
                _refusal(
                    "Present the token that was just rotated",
                    refusal,
                    "The provider did not accept the repeat: its successor was already used, or"
                    " this provider answers each refresh token once only.",
                )
            ]
            return _result("lost_answer", attempts, signed_out=ended)
        same = token.get("refresh_token") == person.refresh_token
        if not same:
            changed = replace(
                person,
                access_token=token["access_token"],
                refresh_token=token.get("refresh_token") or person.refresh_token,
                generation=person.generation + 1,
            )
            self._people.finish_turn(session_id, changed)
        attempts = [
            Attempt(
                "Present the token that was just rotated",
                False,
                "200: a refresh token "
                + ("identical to" if same else "different from")
                + " the one Fieldnotes already holds",
                "An answer that got lost on the way can be fetched again, and there are still not"
                " two successors of one token. This works until the successor is first used."
                if same
                else "This provider issued a sibling. Fieldnotes continues with the newer one.",
            )
        ]
        return _result("lost_answer", attempts, signed_out=False)

    def thief(self, session_id: str, person: SignedIn, api_url: str) -> dict[str, Any]:
        """Present a token two rotations old, then see what is left for the honest owner."""
        self._timeline.begin("What a thief would do")
        while len(person.earlier_refresh_tokens) < 2:
            # An honest life of some minutes: the stolen copy grows old meanwhile.
            person = self._party.refresh(session_id, person)
        attempts = [
            self._presented(
                "The thief presents the second-last refresh token",
                person.earlier_refresh_tokens[0],
                "It was rotated, and its successor was used: two parties hold one lineage. The"
                " provider cannot know who is honest, so it ends the family.",
            ),
            self._presented(
                "Fieldnotes presents its current refresh token",
                person.refresh_token or "",
                "The whole family is gone, the newest token included: the thief gains nothing by"
                " having stolen another one. You sign in again, once.",
            ),
            self._resource(
                "Fieldnotes asks UserInfo with its access token",
                self._party.ask_userinfo(person).status,
                "The provider knows that the family ended and refuses its access tokens at once.",
            ),
            self._resource(
                "Fieldnotes calls the API with its access token",
                self._party.call("GET", f"{api_url}/api/notes", person.access_token).status,
                "The API verifies tokens by itself and does not ask the provider. It reads the"
                " list of what was called back every few seconds, so it may accept this one for"
                " a moment more; the page Revocation watches that.",
            ),
        ]
        ended = attempts[1].refused
        if ended:
            self._people.end(session_id)
        return _result("thief", attempts, signed_out=ended)

    def _presented(self, what: str, refresh_token: str, meaning: str) -> Attempt:
        try:
            self._party.present_refresh_token(refresh_token)
        except SignedOut:
            raise
        except Refused as refusal:
            return _refusal(what, refusal, meaning)
        return Attempt(what, False, "200: new tokens", "This provider did not notice the reuse.")

    @staticmethod
    def _resource(what: str, status: int, meaning: str) -> Attempt:
        refused = status >= 400
        return Attempt(what, refused, f"{status}: {'refused' if refused else 'accepted'}", meaning)


def _refusal(what: str, refusal: Refused, meaning: str) -> Attempt:
    answer = f"{refusal.error}: {refusal.description or 'no description'}"
    return Attempt(what, True, answer, meaning, refusal.uri)


def _result(kind: str, attempts: list[Attempt], *, signed_out: bool) -> dict[str, Any]:
    return {
        "kind": kind,
        "attempts": [asdict(attempt) for attempt in attempts],
        "signed_out": signed_out,
    }
