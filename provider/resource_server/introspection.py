"""Asking the issuer about tokens that are not JWTs (RFC 7662), where `Introspection` says so. An
active answer is kept for a few seconds, an inactive one never.
"""

import threading
from base64 import b64encode
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import quote_plus, urlencode

from provider.resource_server.access_token import AccessToken
from provider.resource_server.after_fork import renewed_after_fork
from provider.resource_server.ambient import Clock
from provider.resource_server.attempt import PATIENCE, WouldWait, settled
from provider.resource_server.fetching import Fetcher, NotFetched, is_trustworthy
from provider.resource_server.issuer import Issuer
from provider.resource_server.options import Introspection
from provider.resource_server.purposes import INTROSPECTION
from provider.resource_server.refusal import Invalid, Unavailable, shown
from provider.resource_server.rules import Rules
from provider.resource_server.strict_json import Object, parse_object

MOST_ASKING = 16
"""How many tokens are asked about at a time."""


class Introspector:
    """Introspection at one issuer for one API."""

    def __init__(
        self,
        options: Introspection,
        issuer: Issuer,
        fetcher: Fetcher,
        rules: Rules,
        clock: Clock,
    ) -> None:
        if options.endpoint is not None and not is_trustworthy(options.endpoint):
            raise ValueError(f"introspection endpoint {options.endpoint!r} is not https")
        self._options = options
        self._issuer = issuer
        self._fetcher = fetcher
        self._rules = rules
        self._clock = clock
        self._kept: dict[bytes, tuple[AccessToken, float]] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_ASKING)
        self._failures = 0
        self._failure = ""
        renewed_after_fork(self)
        pair = f"{quote_plus(options.client_id)}:{quote_plus(options.client_secret)}"
        self._credentials = b64encode(pair.encode()).decode()

    def renew(self) -> None:
        """Make a lock that no thread of the parent holds; nobody asks yet."""
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_ASKING)

    def examine(self, token: str, now: float, *, wait: bool) -> AccessToken:
        """Return what the issuer says of an active token that is for this API.

        Raises Invalid, Unavailable where the issuer gives no answer, WouldWait unless `wait`.
        """
        digest = sha256(token.encode()).digest()
        if (kept := self._kept.get(digest)) is not None and self._is_kept(kept[1], now):
            return kept[0]
        if not wait:
            raise WouldWait
        claims = self._ask_in_turn(token)
        now = self._clock()
        found = self._read(claims, now)
        until = min(found.expires_at, now + self._options.keep)
        with self._lock:
            while len(self._kept) >= self._options.most:
                del self._kept[next(iter(self._kept))]
            self._kept[digest] = (found, until)
        return found

    def _is_kept(self, until: float, now: float) -> bool:
        """An answer that seems to be kept for longer than any is met a clock that was set back."""
        return now < until <= now + self._options.keep

    def _ask_in_turn(self, token: str) -> Object:
        """Few threads of the API wait for the issuer at a time. Who waited for a place while an
        answer failed to come shares that outcome, and does not try in line."""
        failures = self._failures
        if not self._places.acquire(timeout=PATIENCE):
            raise Unavailable("introspection: too many are waiting for the issuer")
        try:
            if self._failures != failures:
                raise Unavailable(self._failure)
            return self._ask(token)
        except Unavailable as failure:
            self._failures += 1
            self._failure = failure.reason
            raise
        finally:
            self._places.release()

    def _ask(self, token: str) -> Object:
        endpoint = self._options.endpoint
        if endpoint is None:
            endpoint = settled(lambda: self._issuer.address("introspection_endpoint"))
        if endpoint is None:
            raise Unavailable("discovery names no introspection_endpoint")
        form = urlencode({"token": token, "token_type_hint": "access_token"})
        headers = {"Authorization": f"Basic {self._credentials}", "Accept": "application/json"}
        try:
            answer = self._fetcher.post(
                endpoint, headers=headers, content=form.encode(), most=INTROSPECTION.longest
            )
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind not in INTROSPECTION.types:
                raise NotFetched(f"expected {INTROSPECTION.types[0]}, found {shown(kind)}")
            return parse_object(answer.content)
        except (NotFetched, ValueError) as failure:
            raise Unavailable(f"introspection: {failure}") from None

    def _read(self, claims: Object, now: float) -> AccessToken:
        """Choice: an answer without `exp` ends when it would be forgotten; one without `aud`
        is refused, because it does not say that the token is for this API."""
        if claims.get("active") is not True:
            raise Invalid("active: the issuer says that the token is not")
        claims = {name: value for name, value in claims.items() if value is not None}
        if not INTROSPECTION.required <= claims.keys():
            raise Invalid("aud: required in the introspection answer, found none")
        if claims.get("iss", self._rules.issuer) != self._rules.issuer:
            raise Invalid(f"iss: expected {self._rules.issuer!r}, found {shown(claims['iss'])}")
        ending = {"exp": now + self._options.keep} if "exp" not in claims else {}
        expires = self._rules.check({**claims, **ending}, now)
        return AccessToken(MappingProxyType(claims), expires)
