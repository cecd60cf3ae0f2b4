"""What can be chosen about a verifier, beside issuer and audience: plain values with their bounds
checked where they are made, so that a verifier that was built is one that can work.
"""

from dataclasses import dataclass, field

LONGEST_LEEWAY = 120
"""Seconds: clocks further apart than this are broken, and a leeway is time in which an expired
token counts (RFC 7519 §4.1.4)."""


@dataclass(frozen=True, kw_only=True)
class StatusPolicy:
    """What a Token Status List means here.

    `required`: whether a JWT must have a `status`. None, the default, asks for it where the
    issuer's discovery document names a `status_list_aggregation_endpoint`; a list that a token
    does name is always looked at, unless `ignored`. Choice: so that nobody can downgrade to a
    token that cannot be called back, and an issuer without lists works unconfigured.

    `accept_for`: seconds for which the last list known still counts after its `ttl` ran out
    while the issuer cannot be asked. 0, the default, refuses at once (503): an API that must
    not go down with its issuer says how long it trusts old news. The `exp` of a list ends it
    in any case.

    `poll_at_least` and `poll_at_most` bound the `ttl` that a list may ask for, in seconds.
    `forget_after`: seconds after which a list that no token asked about is no longer polled.
    `most_lists` and `most_bytes` (of one list, decompressed) bound memory.
    """

    required: bool | None = None
    ignored: bool = False
    accept_for: float = 0
    poll_at_least: float = 1
    poll_at_most: float = 300
    forget_after: float = 3600
    most_lists: int = 64
    most_bytes: int = 4 * 1024 * 1024

    def __post_init__(self) -> None:
        _check(self.accept_for >= 0, "accept_for is not negative")
        _check(0 < self.poll_at_least <= self.poll_at_most, "poll_at_least exceeds poll_at_most")
        _check(self.forget_after > 0, "forget_after is more than nothing")
        _check(self.most_lists > 0 and self.most_bytes > 0, "a bound is more than nothing")
        _check(not (self.ignored and self.required), "what is required cannot be ignored")


@dataclass(frozen=True, kw_only=True)
class Introspection:
    """How to ask the issuer about tokens that are not JWTs (RFC 7662), by client_secret_basic.

    `endpoint` is found in discovery unless given. An active answer is kept for `keep` seconds
    at most, never past `exp`: for that long a revoked token still counts. At most `most` are kept.
    """

    client_id: str
    client_secret: str = field(repr=False)
    endpoint: str | None = None
    keep: float = 10
    most: int = 4096

    def __post_init__(self) -> None:
        _check(bool(self.client_id and self.client_secret), "introspection needs credentials")
        _check(0 <= self.keep <= 300, "keep is between 0 and 300 seconds")
        _check(self.most > 0, "a bound is more than nothing")


@dataclass(frozen=True, kw_only=True)
class Dpop:
    """How proofs of possession are looked at (RFC 9449).

    `lifetime`: seconds around now within which a proof must have been made. `nonce_secret`: 32
    bytes or more shared by all processes of the API switch nonces on (§9); a nonce counts for
    `nonce_lifetime` to twice that. `most_proofs` bounds the memory of proofs seen; Choice: when
    it is full of proofs that are still in their window, a new one is refused for now (503)
    rather than an old one forgotten, which would let it be replayed.
    """

    algorithms: tuple[str, ...] = ("ES256", "ES384", "EdDSA", "Ed25519", "PS256", "RS256")
    lifetime: float = 60
    nonce_secret: bytes | None = field(default=None, repr=False)
    nonce_lifetime: int = 60
    most_proofs: int = 100_000

    def __post_init__(self) -> None:
        _check(bool(self.algorithms), "a proof needs an algorithm")
        _check(0 < self.lifetime <= 600, "lifetime is between 0 and 600 seconds")
        _check(self.nonce_secret is None or len(self.nonce_secret) >= 32, "32 bytes or more")
        _check(0 < self.nonce_lifetime <= 3600, "nonce_lifetime is between 0 and an hour")
        _check(self.most_proofs > 0, "a bound is more than nothing")


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
