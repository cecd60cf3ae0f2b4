"""The issuer's signing keys, found through discovery: fetched once however many ask, kept by HTTP
cache rules within bounds, fetched again for an unknown `kid` at most once in ten seconds, and
replaced as a whole, so that a key the issuer removed verifies nothing any more.

Keys that are older than that count for another hour at most, while they are fetched again in the
background: a token whose key is at hand waits for nobody. Choice: longer would let a stolen key
that was withdrawn during an outage live on; shorter would end APIs with it. A token whose key is
not at hand waits for the one attempt that all of its kind share.
"""

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from provider.resource_server.ambient import Clock
from provider.resource_server.attempt import Attempt, Attempts, settled
from provider.resource_server.fetching import Fetcher, NotFetched
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


class _Known(NamedTuple):
    """The keys by name and algorithm, and when they were fetched: replaced at once, so that a
    process that is forked, like a thread, never meets half of a change."""

    keys: Mapping[tuple[str, str], PublicKey]
    generation: int
    etag: str | None
    fetched_at: float
    fresh_until: float


class IssuerKeys:
    """The keys of one issuer, shared by all threads. `generation` grows with each change."""

    def __init__(self, issuer: Issuer, fetcher: Fetcher, clock: Clock) -> None:
        self._issuer = issuer
        self._fetcher = fetcher
        self._clock = clock
        self._attempts = Attempts(self._try, clock)
        self._known = _Known({}, 0, None, float("-inf"), float("-inf"))
        self._failure = ""

    @property
    def generation(self) -> int:
        """A number of the keys that are known."""
        return self._known.generation

    def find(self, header: Header) -> PublicKey:
        """Return the key that a header names. Raises Invalid where the issuer has no such key,
        Unavailable where it cannot be asked, WouldWait where asking comes first.

        Choice: while keys are at hand that count, a name they do not have asks once in ten
        seconds, so that whoever invents names makes nobody wait for a silent issuer.
        """
        made, now = self._attempts.made, self._clock()
        known = self._known
        if now < known.fetched_at - _PAUSE:
            known = self._known = _with_an_hour_from(now, known)
        key = known.keys.get((header.kid, header.alg))
        counting = now < known.fresh_until + _LAST_GOOD
        if key is not None and counting:
            if now >= known.fresh_until:
                self._attempts.begin_unless_just_made(_PAUSE)
            return key
        self._attempts.need(_COOL_DOWN if counting else _PAUSE, made)
        if not counting or self._failure:
            raise Unavailable(self._failure or "the issuer's keys are too old")
        raise Invalid(f"kid: the issuer has no {header.alg} key {shown(header.kid)}")

    def ensure(self) -> None:
        """Fetch the keys unless they are there. Raises Unavailable, and WouldWait."""
        made = self._attempts.made
        if self._known.fetched_at == float("-inf"):
            self._attempts.need(_PAUSE, made)
            raise Unavailable(self._failure)

    def check_age(self, now: float) -> int:
        """Return the generation of the keys if they are fresh, or -1."""
        known = self._known
        return known.generation if known.fetched_at <= now < known.fresh_until else -1

    def poll(self) -> list[Attempt]:
        """Begin to fetch the keys again if that is soon due. Return what was begun."""
        now, known = self._clock(), self._known
        if known.fetched_at == float("-inf"):
            return []
        due = known.fetched_at + _AHEAD * (known.fresh_until - known.fetched_at)
        if known.fetched_at <= now < due:
            return []
        return self._attempts.begin_unless_just_made(_PAUSE)

    def _try(self) -> None:
        """Fetch the keys. Those at hand go on counting meanwhile, and when it fails."""
        try:
            self._fetch()
        except (NotFetched, Unavailable, ValueError) as failure:
            self._issuer.doubt()
            before, self._failure = self._failure, f"keys of {self._issuer.name}: {failure}"
            if self._failure != before:
                log.warning("%s", self._failure)
        else:
            if self._failure:
                log.info("keys of %s: fetched again", self._issuer.name)
            self._failure = ""

    def _fetch(self) -> None:
        address = settled(lambda: self._issuer.address("jwks_uri"))
        if address is None:
            raise ValueError("discovery names no usable jwks_uri")
        accept = "application/jwk-set+json, application/json"
        known = self._known
        answer = self._fetcher.get(address, accept=accept, most=_MOST_BYTES, etag=known.etag)
        if answer.status == 200:
            keys = _keys_of(parse_object(answer.content).get("keys"))
            if _thumbprints(keys) != _thumbprints(known.keys):
                known = known._replace(keys=keys, generation=known.generation + 1)
            known = known._replace(etag=answer.etag)
        kept_for = _USUAL if answer.max_age is None else answer.max_age
        now = self._clock()
        fresh_until = now + min(max(kept_for, _SHORTEST), _LONGEST)
        self._known = known._replace(fetched_at=now, fresh_until=fresh_until)


def _with_an_hour_from(now: float, known: _Known) -> _Known:
    """A clock that was set back does not say how old the keys are: they count for an hour from
    here, not until a moment that may be years ahead."""
    return known._replace(fetched_at=now, fresh_until=min(known.fresh_until, now))


def _thumbprints(keys: Mapping[tuple[str, str], PublicKey]) -> dict[tuple[str, str], str]:
    return {at: key.thumbprint for at, key in keys.items()}


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
