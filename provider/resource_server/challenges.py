"""Which WWW-Authenticate challenges go with which refusal (RFC 6750 §3, RFC 9449 §7.1, §7.2, RFC
9470 §3, RFC 9728 §5.1). Called by `verifier`, which alone knows how it is set up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from provider.resource_server.refusal import DESCRIPTIONS, Challenge, Headers, Refused


@dataclass(frozen=True)
class Challenges:
    """The challenges of one API: its realm, where its metadata is, and with `dpop` the
    algorithms of proofs."""

    realm: str | None
    resource_metadata: str | None
    dpop: tuple[str, ...]

    def refused(
        self,
        error: str,
        reason: str,
        *,
        scheme: str = "Bearer",
        parameters: Mapping[str, str] | None = None,
        headers: Headers = (),
    ) -> Refused:
        """Return a refusal. The challenge of `scheme` comes first and carries the error; the
        other scheme is offered beside it where both are possible and either would do."""
        told = {"error": error, "error_description": DESCRIPTIONS[error]} if error else {}
        told |= parameters or {}
        schemes = ["Bearer", "DPoP"] if self.dpop else ["Bearer"]
        offered = [
            self._challenge(one, told if one == scheme else {})
            for one in sorted(schemes, key=lambda one: one != scheme)
            if one == scheme or scheme == "Bearer"
        ]
        return Refused(error, reason, offered, headers)

    def _challenge(self, scheme: str, told: Mapping[str, str]) -> Challenge:
        parameters = {"realm": self.realm} if self.realm is not None else {}
        parameters |= told
        if scheme == "DPoP":
            parameters["algs"] = " ".join(self.dpop)
        if self.resource_metadata is not None:
            parameters["resource_metadata"] = self.resource_metadata
        return Challenge(scheme, parameters)
