"""The decision about one request: who presents which token how, is it valid, does it do. The one
place where a reason becomes what the client is told. Called by both verifiers.
"""

from provider.resource_server import possession
from provider.resource_server.access_token import AccessToken
from provider.resource_server.ambient import Clock
from provider.resource_server.challenges import Challenges
from provider.resource_server.dpop import DpopProofs, NonceWanted
from provider.resource_server.examination import Examination
from provider.resource_server.possession import WrongProof
from provider.resource_server.presented import Malformed, PresentedRequest, credential_of
from provider.resource_server.refusal import Headers, Invalid
from provider.resource_server.requirement import Requirement


class Gate:
    """Decides by `examination`. It raises WouldWait where something must be fetched
    first, for introspection only with `wait` false."""

    def __init__(
        self,
        examination: Examination,
        proofs: DpopProofs | None,
        challenges: Challenges,
        clock: Clock,
    ) -> None:
        self._examination = examination
        self._proofs = proofs
        self._challenges = challenges
        self._clock = clock

    def authorize(
        self, request: PresentedRequest, requirement: Requirement | None, wait: bool
    ) -> AccessToken:
        """As `Verifier.authorize`."""
        refused = self._challenges.refused
        try:
            credential = credential_of(request)
        except Malformed as reason:
            raise refused("invalid_request", str(reason)) from None
        if credential is None or (credential.scheme == "DPoP" and self._proofs is None):
            scopes = requirement.scopes if requirement is not None else ()
            wanted = {"scope": " ".join(scopes)} if scopes else {}
            raise refused("", "no credential of a scheme used here", parameters=wanted)
        scheme = credential.scheme
        now = self._clock()
        try:
            token = self._examination.examine(credential.token, wait)
            headers = possession.check(token, credential, request, self._proofs, now)
        except Invalid as reason:
            raise refused("invalid_token", str(reason), scheme=scheme) from None
        except WrongProof as reason:
            raise refused("invalid_dpop_proof", str(reason), scheme="DPoP") from None
        except NonceWanted as reason:
            fresh = self._fresh_nonce(now)
            raise refused("use_dpop_nonce", str(reason), scheme="DPoP", headers=fresh) from None
        if requirement is not None:
            self._check(token, requirement, scheme, headers)
        return token.answering_with(headers)

    def verify(
        self, token: str, requirement: Requirement | None, bound_accepted: bool, wait: bool
    ) -> AccessToken:
        """As `Verifier.verify`."""
        try:
            found = self._examination.examine(token, wait)
            if "cnf" in found.claims and not bound_accepted:
                raise Invalid("cnf: the token is bound to a key, and nothing proves possession")
        except Invalid as reason:
            raise self._challenges.refused("invalid_token", str(reason)) from None
        if requirement is not None:
            self._check(found, requirement, "Bearer", ())
        return found

    def _check(
        self, token: AccessToken, requirement: Requirement, scheme: str, headers: Headers
    ) -> None:
        if shortfall := requirement.check(token, self._clock()):
            raise self._challenges.refused(
                shortfall.error,
                shortfall.reason,
                scheme=scheme,
                parameters=shortfall.parameters,
                headers=headers,
            )

    def _fresh_nonce(self, now: float) -> Headers:
        if self._proofs is None or self._proofs.nonces is None:
            return ()
        return (("DPoP-Nonce", self._proofs.nonces.current(now)),)
