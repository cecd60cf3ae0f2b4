"""Documents of others that we read again and again, such as the key set of a client: kept as HTTP
says (RFC 9111 §4.2, `max-age` and `no-store`) within bounds of ours, fetched by one thread while
the others wait for it, and asked for anew where something is missing. A good copy outlives an
outage of its server for a day.

Choice: nothing is asked for more than twice a minute, not even what says `no-store`, `no-cache`
or `max-age=0` (RFC 9111 §5.2.2). These bind what answers HTTP requests out of a store; we take a
decision by what we read a moment ago. Else whoever names a client could make us ask its server
once per request, with an assertion that need not even be genuine."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from provider.outgoing.fetcher import Fetcher, FetchFailed
from provider.turns import Crowded, waiting_for

COOL_DOWN = 30
"""Seconds between two requests for a document, whatever it says and whatever it lacks."""

SHORTEST, USUAL, LONGEST = COOL_DOWN, 300, 3600
"""Seconds for which a document is fresh at least, if it says nothing about it, and at most."""

OUTAGE = 86400
MOST_DOCUMENTS = 1000

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})")


@dataclass
class _Kept:
    lock: Lock = field(default_factory=Lock)
    body: bytes | None = None
    got_at: int = 0
    fresh_until: int = 0
    asked_at: int | None = None
    problem: str = "not fetched yet"


class Documents:
    """The documents of this process. Safe to use from several threads."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def get(
        self,
        url: str,
        *,
        accept: str,
        now: int,
        again: bool = False,
        before: Callable[[], object] | None = None,
        check: Callable[[bytes], object] | None = None,
    ) -> bytes:
        """Return a document. Raises FetchFailed where there is no usable copy.

        `again`: the copy at hand lacks something that may be there by now. `before` is called
        where a request is about to be made. `check` raises FetchFailed for what is not such a
        document: it does not replace a good copy.
        """
        kept = self._of(url)
        if not self._is_due(kept, now, again):
            return _usable(kept, now)
        if before is not None:
            before()
        try:
            with waiting_for(url), kept.lock:
                if self._is_due(kept, now, again):
                    self._fetch(url, kept, accept, now, check)
        except Crowded:
            if kept.body is None:
                raise
        return _usable(kept, now)

    def _of(self, url: str) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(url, _Kept())
            self._kept.move_to_end(url)
            if len(self._kept) > MOST_DOCUMENTS:
                self._kept.popitem(last=False)
            return kept

    @staticmethod
    def _is_due(kept: _Kept, now: int, again: bool) -> bool:
        asked_at = kept.asked_at
        cooled_down = asked_at is None or not asked_at <= now < asked_at + COOL_DOWN
        is_fresh = kept.body is not None and kept.got_at <= now < kept.fresh_until
        return cooled_down and (again or not is_fresh)

    def _fetch(
        self,
        url: str,
        kept: _Kept,
        accept: str,
        now: int,
        check: Callable[[bytes], object] | None,
    ) -> None:
        try:
            answer = self._fetcher.get(url, accept=accept)
            if check is not None:
                check(answer.body)
        except FetchFailed as error:
            kept.problem = error.reason
        else:
            kept.body, kept.got_at = answer.body, now
            kept.fresh_until = now + freshness(answer.headers)
        kept.asked_at = now


def freshness(headers: Mapping[str, str]) -> int:
    """Return for how many seconds an answer is used without asking (RFC 9111 §4.2.1)."""
    directives = headers.get("cache-control", "").lower()
    if "no-store" in directives or "no-cache" in directives:
        return SHORTEST
    found = _MAX_AGE.search(directives)
    return max(SHORTEST, min(int(found[1]), LONGEST)) if found else USUAL


def _usable(kept: _Kept, now: int) -> bytes:
    """Return the copy while it may be used. One that was got later than now, by a clock that was
    ahead, counts from now on."""
    if now < kept.got_at:
        kept.got_at = kept.fresh_until = now
    if kept.body is None or now >= max(kept.fresh_until, kept.got_at + OUTAGE):
        raise FetchFailed(kept.problem)
    return kept.body
