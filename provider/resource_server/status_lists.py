"""The status lists that tokens asked about: fetched at first sight, then polled by their `ttl` so
that no request waits for one, the last good one kept (draft-ietf-oauth-status-list-21 §8, §9).

Only lists of the issuer itself are looked at: of its origin, or named by its aggregation
endpoint. Choice: a list that cannot be had or does not verify says nothing about a token, so the
answer is `Unavailable` (503), not a refusal; an index that the list does not have is a refusal.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from provider.resource_server.ambient import Clock
from provider.resource_server.fetching import (
    Fetcher,
    NotFetched,
    WouldWait,
    is_trustworthy,
    origin,
)
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
_MOST_NAMED_BYTES = 1024 * 1024

log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """One list and when it was fetched. Its lock is held by whoever fetches."""

    uri: str
    used_at: float
    found: StatusList | None = None
    etag: str | None = None
    fetched_at: float = float("-inf")
    fresh_until: float = float("-inf")
    ends_at: float = float("-inf")
    due_at: float = float("inf")
    tried_at: float = float("-inf")
    failure: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)


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
        self._own_origin = origin(issuer.name)
        self._named: frozenset[str] = frozenset()
        self._named_at = float("-inf")

    def __len__(self) -> int:
        return len(self._lists)

    def status(self, uri: str, index: int, now: float, wait: bool) -> int:
        """Return the status at `index` of the list at `uri`, as of the last fetch.

        Raises Invalid for an address or index that is not the issuer's, Unavailable where
        there is no list that still counts, WouldWait where one must be fetched first but not
        `wait`.
        """
        kept = self._lists.get(uri)
        if kept is None:
            kept = self._welcome(uri, now, wait=wait)
        kept.used_at = now
        found = kept.found
        if found is not None and kept.fetched_at <= now < kept.fresh_until:
            return found.at(index)
        self._overdue()
        accept_for = self._policy.accept_for
        counts_until = min(kept.fresh_until + accept_for, kept.ends_at)
        if found is None or not kept.fetched_at <= now < counts_until:
            self._fetch(kept, now, wait=wait)
            found = kept.found
            counts_until = min(kept.fresh_until + accept_for, kept.ends_at)
        if found is None or now >= counts_until:
            raise Unavailable(kept.failure or f"status list {uri}: too old")
        return found.at(index)

    def due_at(self) -> float:
        """Return when the next list should be fetched in the background."""
        return min((kept.due_at for kept in list(self._lists.values())), default=float("inf"))

    def poll(self) -> None:
        """Fetch the lists that are due, forget those that no token asked about. Never raises."""
        for kept in list(self._lists.values()):
            now = self._clock()
            if now - kept.used_at > self._policy.forget_after:
                with self._lock:
                    self._lists.pop(kept.uri, None)
            elif kept.found is not None and not kept.fetched_at <= now < kept.due_at:
                self._fetch(kept, now, wait=True)

    def _welcome(self, uri: str, now: float, *, wait: bool) -> _Kept:
        if not is_trustworthy(uri):
            raise Invalid(f"status: {shown(uri)} is not the address of a list")
        if origin(uri) != self._own_origin and uri not in self._named:
            self._read_named(now, wait=wait)
            if uri not in self._named:
                raise Invalid(f"status: {shown(uri)} is not a list of {self._issuer.name}")
        with self._lock:
            if (kept := self._lists.get(uri)) is None:
                if len(self._lists) >= self._policy.most_lists:
                    oldest = min(self._lists.values(), key=lambda one: one.used_at)
                    del self._lists[oldest.uri]
                kept = self._lists[uri] = _Kept(uri, used_at=now)
            return kept

    def _read_named(self, now: float, *, wait: bool) -> None:
        """Read which lists the aggregation endpoint names (§9.3)."""
        if 0 <= now - self._named_at < _NAMED_PAUSE:
            return
        address = self._issuer.address("status_list_aggregation_endpoint", wait=wait)
        if address is None:
            return
        if not wait:
            raise WouldWait
        self._named_at = now
        try:
            answer = self._fetcher.get(address, accept="application/json", most=_MOST_NAMED_BYTES)
            listed = parse_object(answer.content).get("status_lists")
        except (NotFetched, ValueError) as failure:
            raise Unavailable(f"status list aggregation: {failure}") from None
        if isinstance(listed, list):
            self._named = frozenset(uri for uri in listed if isinstance(uri, str))

    def _fetch(self, kept: _Kept, now: float, *, wait: bool) -> None:
        """Fetch one list unless that was just tried. What is known stays when it fails."""
        if 0 <= now - kept.tried_at < _PAUSE:
            return
        if not wait:
            raise WouldWait
        with kept.lock:
            if 0 <= self._clock() - kept.tried_at < _PAUSE:
                return
            try:
                self._fetch_into(kept, now)
            except (NotFetched, Invalid, Unavailable) as failure:
                before, kept.failure = kept.failure, f"status list {kept.uri}: {failure}"
                kept.due_at = now + max(_PAUSE, self._policy.poll_at_least)
                if kept.failure != before:
                    log.warning("%s", kept.failure)
            kept.tried_at = now

    def _fetch_into(self, kept: _Kept, now: float) -> None:
        answer = self._fetcher.get(
            kept.uri,
            accept="application/statuslist+jwt",
            most=STATUS_LIST.longest,
            etag=kept.etag,
        )
        if answer.status == 304 and kept.found is not None:
            found = kept.found
            if not now < kept.ends_at:
                kept.etag = None
                raise NotFetched("unchanged, and yet its exp has passed")
        else:
            claims = self._reader.claims(
                answer.content.decode("ascii", "replace").strip(),
                self._keys.find,
                True,
            )
            found = read(
                claims,
                kept.uri,
                issuer=self._issuer.name,
                now=now,
                leeway=self._leeway,
                most=self._policy.most_bytes,
            )
        policy = self._policy
        news = found.ttl if found.ttl is not None else answer.max_age
        wished = policy.poll_at_most if news is None else news
        life = min(max(wished, policy.poll_at_least), policy.poll_at_most)
        end = float("inf") if found.expires_at is None else found.expires_at + self._leeway
        kept.ends_at = end
        kept.due_at = now + min(_AHEAD * life, max(0.0, end - now - 1))
        kept.etag = answer.etag
        if kept.failure:
            log.info("status list %s: fetched again", kept.uri)
        kept.failure = ""
        kept.found = found
        kept.fetched_at = now
        kept.fresh_until = min(now + life, end)
