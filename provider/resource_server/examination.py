"""Is this access token valid now? Signature, claims, status: everything about a token that does
not depend on how it was presented. Called by `verifier` for every request.

Choice: what is remembered of a token, by its SHA-256, is only that its signature and its claims
were in order, until it ends or the issuer's keys change. Its status is looked up every time, so
a change of the list counts at once.
"""

import threading
from hashlib import sha256
from types import MappingProxyType

from provider.resource_server.access_token import AccessToken
from provider.resource_server.after_fork import renewed_after_fork
from provider.resource_server.ambient import Clock
from provider.resource_server.introspection import Introspector
from provider.resource_server.issuer import Issuer
from provider.resource_server.issuer_keys import IssuerKeys
from provider.resource_server.jws import JwsReader
from provider.resource_server.options import StatusPolicy
from provider.resource_server.purposes import ACCESS_TOKEN
from provider.resource_server.refusal import Invalid, shown
from provider.resource_server.rules import Rules
from provider.resource_server.status_list import NAMES, VALID
from provider.resource_server.status_lists import StatusLists

_AGGREGATION = "status_list_aggregation_endpoint"


class Examination:
    """The examination of tokens for one API, shared by all threads."""

    def __init__(
        self,
        rules: Rules,
        reader: JwsReader,
        issuer: Issuer,
        keys: IssuerKeys,
        lists: StatusLists,
        introspector: Introspector | None,
        *,
        policy: StatusPolicy,
        cache_size: int,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._issuer = issuer
        self._keys = keys
        self._lists = lists
        self._introspector = introspector
        self._policy = policy
        self._clock = clock
        self._cache_size = cache_size
        self._cache: dict[bytes, AccessToken] = {}
        self._cached_of = -1
        self._lock = threading.Lock()
        renewed_after_fork(self)

    def renew(self) -> None:
        """Make a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    def examine(self, token: str, wait: bool) -> AccessToken:
        """Return what a valid token says. Raises Invalid, Unavailable, and WouldWait where
        something must be fetched first; of a token that only the issuer can read, unless `wait`.

        Choice: a JWT is what begins as the base64url of a JSON object does; anything else is
        opaque, dots or not.
        """
        if len(token) > ACCESS_TOKEN.longest or not token.isascii():
            raise Invalid(f"access token: {len(token)} characters, too many or not ASCII")
        now = self._clock()
        if not token.startswith("ey"):
            if self._introspector is None:
                raise Invalid("access token: not a JWT, and introspection is not set up")
            return self._introspector.examine(token, now, wait=wait)
        if self._cache_size:
            found = self._seen_or_verified(token, now)
        else:
            found = self._verified(token, now)
        if not self._policy.ignored:
            self._check_status(found, now)
        return found

    def _seen_or_verified(self, token: str, now: float) -> AccessToken:
        digest = sha256(token.encode()).digest()
        generation = self._keys.check_age(now)
        if generation == self._cached_of:
            found = self._cache.get(digest)
            if found is not None and now < found.expires_at:
                return found
        generation = self._keys.generation
        found = self._verified(token, now)
        self._remember(digest, found, generation)
        return found

    def _verified(self, token: str, now: float) -> AccessToken:
        claims = self._reader.claims(token, self._keys.find)
        expires = self._rules.check_jwt(claims, now)
        return AccessToken(MappingProxyType(claims), expires)

    def _check_status(self, token: AccessToken, now: float) -> None:
        status = token.claims.get("status")
        reference = status.get("status_list") if type(status) is dict else None
        if reference is None:
            if status is not None or self._is_required():
                raise Invalid("status: expected a reference to a status list, found none")
            return
        index = uri = None
        if type(reference) is dict:
            index, uri = reference.get("idx"), reference.get("uri")
        if type(index) is not int or index < 0 or type(uri) is not str:
            raise Invalid(f"status: expected idx and uri, found {shown(reference)}")
        found = self._lists.status(uri, index, now)
        if found != VALID:
            raise Invalid(f"status: expected VALID, found {NAMES.get(found, found)}")

    def _is_required(self) -> bool:
        required = self._policy.required
        if required is None:
            return self._issuer.address(_AGGREGATION) is not None
        return required

    def _remember(self, digest: bytes, token: AccessToken, generation: int) -> None:
        """`generation` is that of the keys before the token was verified with one of them."""
        if generation != self._keys.generation:
            return
        with self._lock:
            if self._cached_of != generation:
                self._cache.clear()
                self._cached_of = generation
            while len(self._cache) >= self._cache_size:
                del self._cache[next(iter(self._cache))]
            self._cache[digest] = token
