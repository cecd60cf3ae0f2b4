"""The status lists that tokens asked about: fetched at first sight, then polled by their `ttl` so
that no request waits for one, the last good one kept (draft-ietf-oauth-status-list-21 §8, §9). A
list that was made before the one at hand never takes its place: a node of the issuer that lost
its database would bring back what was revoked since.

Only lists of the issuer itself are looked at: of its origin, or named by its aggregation
endpoint. Choice: a list that cannot be had or does not verify says nothing about a token, so the
answer is `Unavailable` (503), not a refusal; an index that the list does not have is a refusal.
"""

import logging
import threading
from collections.abc import Callable
from functools import partial

from provider.resource_server.after_fork import renewed_after_fork
from provider.resource_server.ambient import Clock
from provider.resource_server.attempt import Attempt, Attempts, settled
from provider.resource_server.fetching import Fetcher, NotFetched, is_trustworthy, origin
from provider.resource_server.issuer import Issuer
from provider.resource_server.issuer_keys import IssuerKeys
from provider.resource_server.jws import JwsReader
from provider.resource_server.options import StatusPolicy
from provider.resource_server.purposes import STATUS_LIST
from provider.resource_server.refusal import Invalid, Unavailable, shown
from provider.resource_server.status_list import StatusList, read
from provider.resource_server.strict_json import parse_object

_AHEAD = 0.8
"""The share of a list's `ttl` after which it is fetched again in the background."""
_PAUSE = 1.0
_NAMED_PAUSE = 60.0
_AGGREGATION = "status_list_aggregation_endpoint"
_MOST_NAMED_BYTES = 1024 * 1024

log = logging.getLogger(__name__)


class _Kept:
    """One list and when it was fetched."""

    def __init__(self, uri: str, now: float, attempts: Attempts) -> None:
        self.uri = uri
        self.attempts = attempts
        self.used_at = now
        self.found: StatusList | None = None
        self.etag: str | None = None
        self.fetched_at = self.fresh_until = self.ends_at = float("-inf")
        self.due_at = float("inf")
        self.failure = ""

    def notice(self, now: float) -> None:
        """Where the clock was set back, do not take the list for news until it is there again."""
        if now < self.fetched_at - _PAUSE:
            self.fetched_at = self.due_at = now
            self.fresh_until = min(self.fresh_until, now)
        self.used_at = min(self.used_at, now)


class StatusLists:
    """The lists of one issuer, shared by all threads. `overdue` is called where a token finds
    its list old, which a living poller does not let happen while the issuer answers."""

    def __init__(
        self,
        issuer: Issuer,
        keys: IssuerKeys,
        fetcher: Fetcher,
        policy: StatusPolicy,
        *,
        leeway: float,
        clock: Clock,
        overdue: Callable[[], None],
    ) -> None:
        self._issuer = issuer
        self._keys = keys
        self._fetcher = fetcher
        self._policy = policy
        self._leeway = leeway
        self._clock = clock
        self._overdue = overdue
        self._reader = JwsReader(STATUS_LIST)
        self._lists: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        renewed_after_fork(self)
        self._own_origin = origin(issuer.name)
        self._named: frozenset[str] = frozenset()
        self._naming = Attempts(self._try_named, clock)
        self._naming_failure = ""

    def renew(self) -> None:
        """Make a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._lists)

    def status(self, uri: str, index: int, now: float) -> int:
        """Return the status at `index` of the list at `uri`, as of the last fetch.

        Raises Invalid for an address or index that is not the issuer's, Unavailable where
        there is no list that still counts, WouldWait where one must be fetched first.
        """
        kept = self._lists.get(uri)
        if kept is None:
            kept = self._welcome(uri, now)
        made = kept.attempts.made
        kept.notice(now)
        kept.used_at = now
        found = kept.found
        if found is not None and now < kept.fresh_until:
            return found.at(index)
        self._overdue()
        if found is not None and now < min(
            kept.fresh_until + self._policy.accept_for, kept.ends_at
        ):
            kept.attempts.begin_unless_just_made(_PAUSE)
            return found.at(index)
        kept.attempts.need(_PAUSE, made)
        raise Unavailable(kept.failure or f"status list {uri}: too old")

    def due_at(self) -> float:
        """Return when the next list should be fetched in the background."""
        return min((kept.due_at for kept in list(self._lists.values())), default=float("inf"))

    def poll(self) -> list[Attempt]:
        """Begin to fetch the lists that are due, forget those that no token asked about. Return
        what was begun."""
        begun: list[Attempt] = []
        longest = max(_PAUSE, self._policy.poll_at_most)
        for kept in list(self._lists.values()):
            now = self._clock()
            kept.notice(now)
            if now - kept.used_at > self._policy.forget_after:
                with self._lock:
                    self._lists.pop(kept.uri, None)
            elif kept.found is not None and not kept.due_at - longest <= now < kept.due_at:
                begun += kept.attempts.begin_unless_just_made(_PAUSE)
        return begun

    def _welcome(self, uri: str, now: float) -> _Kept:
        if not is_trustworthy(uri):
            raise Invalid(f"status: {shown(uri)} is not the address of a list")
        if origin(uri) != self._own_origin and uri not in self._named:
            self._need_named(uri)
            if uri not in self._named:
                raise Invalid(f"status: {shown(uri)} is not a list of {self._issuer.name}")
        with self._lock:
            if (kept := self._lists.get(uri)) is None:
                if len(self._lists) >= self._policy.most_lists:
                    oldest = min(self._lists.values(), key=lambda one: one.used_at)
                    del self._lists[oldest.uri]
                attempts = Attempts(partial(self._try, uri), self._clock)
                kept = self._lists[uri] = _Kept(uri, now, attempts)
            return kept

    def _need_named(self, uri: str) -> None:
        """Have it read which lists the aggregation endpoint names (§9.3)."""
        made = self._naming.made
        if uri in self._named or self._issuer.address(_AGGREGATION) is None:
            return
        self._naming.need(_PAUSE if self._naming_failure else _NAMED_PAUSE, made)
        if self._naming_failure:
            raise Unavailable(self._naming_failure)

    def _try_named(self) -> None:
        try:
            address = settled(lambda: self._issuer.address(_AGGREGATION))
            if address is None:
                return
            answer = self._fetcher.get(address, accept="application/json", most=_MOST_NAMED_BYTES)
            listed = parse_object(answer.content).get("status_lists")
        except (NotFetched, Unavailable, ValueError) as failure:
            self._naming_failure = f"status list aggregation: {failure}"
            return
        self._naming_failure = ""
        if isinstance(listed, list):
            self._named = frozenset(uri for uri in listed if isinstance(uri, str))

    def _try(self, uri: str) -> None:
        """Fetch one list. What is known stays when it fails."""
        kept = self._lists.get(uri)
        if kept is None:
            return
        try:
            self._fetch_into(kept)
        except (NotFetched, Invalid, Unavailable) as failure:
            before, kept.failure = kept.failure, f"status list {kept.uri}: {failure}"
            kept.due_at = self._clock() + max(_PAUSE, self._policy.poll_at_least)
            if kept.failure != before:
                log.warning("%s", kept.failure)

    def _fetch_into(self, kept: _Kept) -> None:
        answer = self._fetcher.get(
            kept.uri,
            accept="application/statuslist+jwt",
            most=STATUS_LIST.longest,
            etag=kept.etag,
        )
        now = self._clock()
        if answer.status == 304 and kept.found is not None:
            found = kept.found
            if not now < kept.ends_at:
                kept.etag = None
                raise NotFetched("unchanged, and yet its exp has passed")
        else:
            text = answer.content.decode("ascii", "replace").strip()
            claims = settled(lambda: self._reader.claims(text, self._keys.find))
            found = read(
                claims,
                kept.uri,
                issuer=self._issuer.name,
                now=now,
                leeway=self._leeway,
                most=self._policy.most_bytes,
            )
            self._check_order(kept.found, found, now)
        policy = self._policy
        news = found.ttl if found.ttl is not None else answer.max_age
        wished = policy.poll_at_most if news is None else news
        life = min(max(wished, policy.poll_at_least), policy.poll_at_most)
        end = float("inf") if found.expires_at is None else found.expires_at + self._leeway
        # What is known first, for how long last: a process forked between them looks again.
        kept.found = found
        kept.etag = answer.etag
        kept.ends_at = end
        kept.due_at = now + min(_AHEAD * life, max(0.0, end - now - 1))
        kept.fetched_at = now
        kept.fresh_until = min(now + life, end)
        if kept.failure:
            log.info("status list %s: fetched again", kept.uri)
        kept.failure = ""

    def _check_order(self, before: StatusList | None, found: StatusList, now: float) -> None:
        """A list that was made before the one at hand is no news. One at hand that lies ahead,
        since the clock was set back, does not count as the newer one."""
        if before is not None and found.issued_at < before.issued_at <= now + self._leeway:
            raise NotFetched(f"iat {found.issued_at:.0f}, older than the list at hand")
