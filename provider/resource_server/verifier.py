"""The verifier of an API: one object per issuer and audience, shared by all threads.

It is told a request and returns its access token, or raises what the API should answer. Once
keys and lists are there, nothing it does waits for the issuer, whether that refuses, is silent or
slow: threads in the background keep both fresh. Where nothing good is known of what a token names,
its request waits a few seconds at most (`attempt`). A process may be forked at any moment.
Choice: making one does no I/O, so that an API starts while its issuer is down.
"""

from types import TracebackType
from typing import Any, Self

from provider.resource_server import metadata
from provider.resource_server.access_token import AccessToken
from provider.resource_server.ambient import Clock, system_clock
from provider.resource_server.attempt import WouldWait, finished, settled
from provider.resource_server.challenges import Challenges
from provider.resource_server.dpop import DpopProofs
from provider.resource_server.examination import Examination
from provider.resource_server.fetching import Fetcher
from provider.resource_server.gate import Gate
from provider.resource_server.introspection import Introspector
from provider.resource_server.issuer import Issuer
from provider.resource_server.issuer_keys import IssuerKeys
from provider.resource_server.jws import JwsReader
from provider.resource_server.options import LONGEST_LEEWAY, Dpop, Introspection, StatusPolicy
from provider.resource_server.polling import Poller
from provider.resource_server.presented import PresentedRequest
from provider.resource_server.purposes import ACCESS_TOKEN
from provider.resource_server.requirement import Requirement
from provider.resource_server.rules import Rules
from provider.resource_server.status_lists import StatusLists

_TRUSTING = StatusPolicy()


class Verifier:
    """Verifies the access tokens of `issuer` that are meant for `audience`.

    `audience` is the identifier of this API as it stands in `aud`: the resource indicator that
    clients ask for (RFC 8707). `algorithms`: what tokens may be signed with. `leeway`: seconds
    by which clocks may differ, 120 at most. `introspection` and `dpop` are off unless given.
    `realm` and `resource_metadata` (the address of the RFC 9728 document) go into challenges.
    `cache_size`: tokens whose signature is remembered, 0 for none. `ca_file`: PEM of the
    authorities trusted for the issuer's TLS, in place of the system's.

    Raises ValueError for what cannot work.
    """

    def __init__(
        self,
        issuer: str,
        audience: str,
        *,
        algorithms: tuple[str, ...] = ACCESS_TOKEN.algorithms,
        leeway: float = 30,
        status: StatusPolicy = _TRUSTING,
        introspection: Introspection | None = None,
        dpop: Dpop | None = None,
        realm: str | None = None,
        resource_metadata: str | None = None,
        cache_size: int = 4096,
        ca_file: str | None = None,
        clock: Clock = system_clock,
    ) -> None:
        if not audience:
            raise ValueError("audience is the identifier of this API, not empty")
        if not 0 <= leeway <= LONGEST_LEEWAY:
            raise ValueError(f"leeway is between 0 and {LONGEST_LEEWAY} seconds")
        if cache_size < 0:
            raise ValueError("cache_size is not negative")
        self._audience = audience
        self._clock = clock
        self._fetcher = Fetcher(ca_file)
        self._issuer = Issuer(issuer, self._fetcher, clock)
        self._keys = IssuerKeys(self._issuer, self._fetcher, clock)
        self._poller = Poller(self._begin_what_is_due, self._pause)
        self._lists = StatusLists(
            self._issuer,
            self._keys,
            self._fetcher,
            status,
            leeway=leeway,
            clock=clock,
            overdue=self._poller.ensure,
        )
        rules = Rules(issuer, audience, leeway)
        introspector = None
        if introspection is not None:
            introspector = Introspector(introspection, self._issuer, self._fetcher, rules, clock)
        examination = Examination(
            rules,
            JwsReader(ACCESS_TOKEN, algorithms),
            self._issuer,
            self._keys,
            self._lists,
            introspector,
            policy=status,
            cache_size=cache_size,
            clock=clock,
        )
        self._dpop = dpop.algorithms if dpop is not None else ()
        proofs = DpopProofs(dpop, leeway) if dpop is not None else None
        challenges = Challenges(realm, resource_metadata, self._dpop)
        self._gate = Gate(examination, proofs, challenges, clock)

    def authorize(
        self, request: PresentedRequest, requirement: Requirement | None = None
    ) -> AccessToken:
        """Return the access token of `request` if it is valid, presented as it must be, and
        meets `requirement`. Raises Refused or Unavailable.

        The API's answer should carry the token's `response_headers`.
        """
        try:
            return self._gate.authorize(request, requirement, False)
        except WouldWait:
            self._poller.ensure()
        return settled(lambda: self._gate.authorize(request, requirement, True))

    def verify(
        self,
        token: str,
        requirement: Requirement | None = None,
        *,
        bound_accepted: bool = False,
    ) -> AccessToken:
        """Return what a bare token says if it is valid. Raises Refused or Unavailable.

        A token bound to a key is refused, because a string alone proves no possession, unless
        the caller says with `bound_accepted` that it checks `confirmation` itself.
        """
        try:
            return self._gate.verify(token, requirement, bound_accepted, False)
        except WouldWait:
            self._poller.ensure()
        return settled(lambda: self._gate.verify(token, requirement, bound_accepted, True))

    def authorize_at_once(
        self, request: PresentedRequest, requirement: Requirement | None = None
    ) -> AccessToken:
        """As `authorize`, and raises WouldWait where something must be fetched first."""
        return self._gate.authorize(request, requirement, False)

    def verify_at_once(
        self,
        token: str,
        requirement: Requirement | None = None,
        *,
        bound_accepted: bool = False,
    ) -> AccessToken:
        """As `verify`, and raises WouldWait where something must be fetched first."""
        return self._gate.verify(token, requirement, bound_accepted, False)

    def metadata(self, **members: Any) -> dict[str, Any]:
        """Return the protected resource metadata (RFC 9728 §2), to be served as JSON at
        `metadata_path`. `members` are added, for example `scopes_supported`; one that is None
        is left out."""
        return metadata.document(self._audience, self._issuer.name, self._dpop, members)

    @property
    def metadata_path(self) -> str:
        """Where RFC 9728 §3 puts the document: the well-known path for this audience."""
        return metadata.path_of(self._audience)

    @property
    def requests_made(self) -> int:
        """How many requests this verifier has made to the issuer so far, whatever for."""
        return self._fetcher.requests_made

    def keep_polling(self) -> None:
        """Start the thread where it does not run, without waiting for anything."""
        self._poller.ensure()

    def poll(self) -> None:
        """Fetch what is due: status lists, keys. For whoever runs without the thread. Never
        raises for an issuer that cannot be asked, and waits for it a few seconds at most."""
        finished([*self._keys.poll(), *self._lists.poll()])

    def start(self) -> Self:
        """Fetch discovery and keys, and start the thread. Optional: the first token does both.
        Raises Unavailable where the issuer cannot be asked."""
        settled(self._keys.ensure)
        self._poller.ensure()
        return self

    def close(self) -> None:
        """Stop the thread and let go of connections."""
        self._poller.close()
        self._fetcher.close()

    def _begin_what_is_due(self) -> None:
        """Called by the thread, which waits for nothing: one list holds up no other."""
        self._keys.poll()
        self._lists.poll()

    def _pause(self) -> float:
        return self._lists.due_at() - self._clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
