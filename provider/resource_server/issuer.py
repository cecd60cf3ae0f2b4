"""What the issuer says of itself: its discovery document (RFC 8414 §3, OpenID Connect Discovery
§4), kept by HTTP cache rules within an hour. Called by `issuer_keys`, `status_lists` and
`introspection`, which need addresses from it. Once it is known nobody waits for a newer one.
"""

from urllib.parse import urlsplit, urlunsplit

from provider.resource_server.ambient import Clock
from provider.resource_server.attempt import Attempts
from provider.resource_server.fetching import Fetcher, NotFetched, is_trustworthy
from provider.resource_server.refusal import Unavailable, shown
from provider.resource_server.strict_json import Object, parse_object

_MOST_BYTES = 256 * 1024
_SHORTEST, _LONGEST, _USUAL = 60.0, 3600.0, 600.0
_PAUSE = 1.0
"""Seconds after a failure before it is tried again: those who wait fail together."""


class Issuer:
    """One issuer and its discovery document."""

    def __init__(self, name: str, fetcher: Fetcher, clock: Clock) -> None:
        if not is_trustworthy(name) or "?" in name:
            raise ValueError(f"issuer {name!r} is not an https address (or http to this machine)")
        self.name = name
        self._fetcher = fetcher
        self._clock = clock
        self._attempts = Attempts(self._try, clock)
        self._document: Object | None = None
        self._fetched_at = self._fresh_until = float("-inf")
        self._failure = ""

    def document(self) -> Object:
        """Return the discovery document. Raises WouldWait where none is known, and Unavailable
        where that was just tried.

        One that was good goes on counting while a newer one is fetched in the background.
        """
        made, now = self._attempts.made, self._clock()
        if (document := self._document) is not None:
            if not self._fetched_at <= now < self._fresh_until:
                self._attempts.begin_unless_just_made(_PAUSE)
            return document
        self._attempts.need(_PAUSE, made)
        raise Unavailable(self._failure)

    def address(self, member: str) -> str | None:
        """Return an address from the document, or None where it has none. Raises as above."""
        found = self.document().get(member)
        return found if isinstance(found, str) and is_trustworthy(found) else None

    def doubt(self) -> None:
        """Look again next time: an address of the document did not lead anywhere."""
        self._fresh_until = float("-inf")

    def _try(self) -> None:
        try:
            document, kept_for = self._fetch()
        except (NotFetched, ValueError) as failure:
            self._failure = f"discovery of {self.name}: {failure}"
            return
        self._document = document
        self._fetched_at = self._clock()
        self._fresh_until = self._fetched_at + kept_for

    def _fetch(self) -> tuple[Object, float]:
        """The document of RFC 8414, or where the issuer has none, of OpenID Connect."""
        parts = urlsplit(self.name)
        path = parts.path.rstrip("/")
        inserted = f"/.well-known/oauth-authorization-server{path}"
        appended = self.name.rstrip("/") + "/.well-known/openid-configuration"
        try:
            answer = self._get(urlunsplit(parts._replace(path=inserted)))
        except NotFetched:
            answer = self._get(appended)
        document, max_age = answer
        if document.get("issuer") != self.name:
            found = shown(document.get("issuer"))
            raise ValueError(f"issuer: expected {self.name!r}, found {found}")
        kept_for = _USUAL if max_age is None else max_age
        return document, min(max(kept_for, _SHORTEST), _LONGEST)

    def _get(self, url: str) -> tuple[Object, float | None]:
        answer = self._fetcher.get(url, accept="application/json", most=_MOST_BYTES)
        return parse_object(answer.content), answer.max_age
