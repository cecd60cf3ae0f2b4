"""The issuer's signing keys, found through discovery: fetched once however many ask, kept by HTTP
cache rules within bounds, fetched again for an unknown `kid` at most once in ten seconds, and
replaced as a whole, so that a key the issuer removed verifies nothing any more.

While the issuer cannot be asked the last good keys count for another hour. Choice: longer would
let a stolen key that was withdrawn during an outage live on; shorter would end APIs with it.
"""

import logging
import threading
from typing import Any

from provider.resource_server.ambient import Clock
from provider.resource_server.fetching import Fetcher, NotFetched, WouldWait
from provider.resource_server.issuer import Issuer
from provider.resource_server.jws import Header
from provider.resource_server.public_keys import PublicKey, Unusable, read
from provider.resource_server.refusal import Invalid, Unavailable, shown
from provider.resource_server.strict_json import parse_object

_MOST_BYTES, _MOST_KEYS = 256 * 1024, 64
_SHORTEST, _LONGEST, _USUAL = 10.0, 3600.0, 300.0
_COOL_DOWN = 10.0
_PAUSE = 1.0
_LAST_GOOD = 3600.0
_AHEAD = 0.9
"""The share of their time after which keys are fetched again in the background."""

log = logging.getLogger(__name__)


class IssuerKeys:
    """The keys of one issuer, shared by all threads. `generation` grows with each change."""

    def __init__(self, issuer: Issuer, fetcher: Fetcher, clock: Clock) -> None:
        self.generation = 0
        self._issuer = issuer
        self._fetcher = fetcher
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[tuple[str, str], PublicKey] = {}
        self._etag: str | None = None
        self._fetched_at = self._tried_at = self._fresh_until = float("-inf")
        self._failure = ""

    def find(self, header: Header, wait: bool) -> PublicKey:
        """Return the key that a header names. Raises Invalid where the issuer has no such key,
        Unavailable where it cannot be asked, WouldWait where asking is needed but not `wait`."""
        now = self._clock()
        key = self._keys.get((header.kid, header.alg))
        if key is not None and self._fetched_at <= now < self._fresh_until:
            return key
        self._refresh(now, wait=wait, pause=_COOL_DOWN if self._is_fresh(now) else _PAUSE)
        key = self._keys.get((header.kid, header.alg))
        if now >= self._fresh_until + _LAST_GOOD or (key is None and self._failure):
            raise Unavailable(self._failure or "the issuer's keys are too old")
        if key is None:
            raise Invalid(f"kid: the issuer has no {header.alg} key {shown(header.kid)}")
        return key

    def ensure(self) -> None:
        """Fetch the keys unless they are there. Raises Unavailable."""
        if self._fetched_at == float("-inf"):
            self._refresh(self._clock(), wait=True, pause=_PAUSE)
            if self._failure:
                raise Unavailable(self._failure)

    def check_age(self, now: float) -> int:
        """Return the generation of the keys if they are fresh, or -1."""
        return self.generation if self._fetched_at <= now < self._fresh_until else -1

    def poll(self) -> None:
        """Fetch the keys again if that is soon due. Never raises."""
        now = self._clock()
        if self._fetched_at == float("-inf"):
            return
        due = self._fetched_at + _AHEAD * (self._fresh_until - self._fetched_at)
        if not self._fetched_at <= now < due:
            self._refresh(now, wait=True, pause=_PAUSE)

    def _is_fresh(self, now: float) -> bool:
        return self._fetched_at <= now < self._fresh_until

    def _refresh(self, now: float, *, wait: bool, pause: float) -> None:
        """Fetch the keys unless that was just done. Those at hand go on counting meanwhile."""
        if 0 <= now - self._tried_at < pause:
            return
        if not wait:
            raise WouldWait
        with self._lock:
            if 0 <= self._clock() - self._tried_at < pause:
                return
            try:
                self._fetch(now)
            except (NotFetched, Unavailable, ValueError) as failure:
                self._issuer.doubt()
                before, self._failure = self._failure, f"keys of {self._issuer.name}: {failure}"
                if self._failure != before:
                    log.warning("%s", self._failure)
            else:
                if self._failure:
                    log.info("keys of %s: fetched again", self._issuer.name)
                self._failure = ""
            self._tried_at = now

    def _fetch(self, now: float) -> None:
        address = self._issuer.address("jwks_uri", wait=True)
        if address is None:
            raise ValueError("discovery names no usable jwks_uri")
        accept = "application/jwk-set+json, application/json"
        answer = self._fetcher.get(address, accept=accept, most=_MOST_BYTES, etag=self._etag)
        if answer.status == 200:
            keys = _keys_of(parse_object(answer.content).get("keys"))
            if {at: key.thumbprint for at, key in keys.items()} != {
                at: key.thumbprint for at, key in self._keys.items()
            }:
                self._keys = keys
                self.generation += 1
            self._etag = answer.etag
        kept_for = _USUAL if answer.max_age is None else answer.max_age
        self._fetched_at = now
        self._fresh_until = now + min(max(kept_for, _SHORTEST), _LONGEST)


def _keys_of(listed: Any) -> dict[tuple[str, str], PublicKey]:
    """The usable keys by name and algorithm. Others are passed over (RFC 7517 §5)."""
    if not isinstance(listed, list):
        raise ValueError("the key set has no list of keys")
    keys: dict[tuple[str, str], PublicKey] = {}
    for jwk in listed[:_MOST_KEYS]:
        if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
            continue
        try:
            key = read(jwk)
        except Unusable:
            continue
        keys.setdefault((jwk["kid"], key.alg), key)
    return keys
