"""The tables of the settings: what belongs together, such as all lifetimes, with kinds, bounds
and defaults. In the settings file each is a table of its own."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_settings import NoDecode

from provider.settings import kinds

MINUTE, HOUR, DAY = 60, 3600, 86400

Seconds = Annotated[int, BeforeValidator(kinds.duration)]
AllowedHost = Annotated[str, AfterValidator(kinds.allowed_host)]
ScopeName = Annotated[str, AfterValidator(kinds.scope)]
IdTokenAlgorithm = Literal["RS256", "ES256", "PS256", "ES384", "EdDSA"]
AccessTokenAlgorithm = Literal["ES256", "RS256", "PS256", "ES384", "EdDSA"]


class Lifetimes(BaseModel):
    """How long things live, in seconds. Text such as "10m" or "14d" is understood."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Seconds = Field(default=60, ge=5, le=10 * MINUTE)
    access_token: Seconds = Field(default=10 * MINUTE, ge=MINUTE, le=DAY)
    id_token: Seconds = Field(default=10 * MINUTE, ge=MINUTE, le=DAY)
    refresh_idle: Seconds = Field(default=14 * DAY, ge=MINUTE, le=731 * DAY)
    refresh_absolute: Seconds = Field(default=90 * DAY, ge=MINUTE, le=3653 * DAY)
    refresh_repeat_window: Seconds = Field(default=30, ge=0, le=5 * MINUTE)
    session_idle: Seconds = Field(default=12 * HOUR, ge=MINUTE, le=366 * DAY)
    session_absolute: Seconds = Field(default=30 * DAY, ge=MINUTE, le=366 * DAY)
    authorization_request: Seconds = Field(default=30 * MINUTE, ge=MINUTE, le=DAY)

    @model_validator(mode="after")
    def _idle_within_absolute(self) -> Self:
        for kind in ("refresh", "session"):
            if getattr(self, f"{kind}_idle") > getattr(self, f"{kind}_absolute"):
                raise ValueError(f"{kind}_idle is longer than {kind}_absolute")
        return self


class Keys(BaseModel):
    """How signing keys come and go, and which algorithms are offered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rotation_age: Seconds = Field(default=90 * DAY, ge=HOUR, le=3653 * DAY)
    publish_before: Seconds = Field(default=24 * HOUR, ge=0, le=30 * DAY)
    id_token_algorithms: Annotated[
        tuple[IdTokenAlgorithm, ...], NoDecode, BeforeValidator(kinds.several)
    ] = ("RS256", "ES256", "PS256", "ES384", "EdDSA")
    access_token_alg: AccessTokenAlgorithm = "ES256"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.publish_before >= self.rotation_age:
            raise ValueError("publish_before is not shorter than rotation_age")
        if "RS256" not in self.id_token_algorithms:
            raise ValueError("id_token_algorithms must contain RS256 (OpenID Connect Core §15.1)")
        if len(set(self.id_token_algorithms)) != len(self.id_token_algorithms):
            raise ValueError("id_token_algorithms names an algorithm twice")
        return self

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Every algorithm there must be a signing key for: RS256 and ES256 always."""
        named = ("RS256", "ES256", *self.id_token_algorithms, self.access_token_alg)
        return tuple(dict.fromkeys(named))


class StatusLists(BaseModel):
    """How many tokens share a list, and how long lists live, in seconds. `size`: places of a
    new list; `ttl`: after how long a resource server asks again; `lifetime`: until `exp`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(default=2**20, ge=4, le=2**23)
    ttl: Seconds = Field(default=5, ge=1, le=HOUR)
    lifetime: Seconds = Field(default=HOUR, ge=MINUTE, le=DAY)

    @model_validator(mode="after")
    def _asked_again_in_time(self) -> Self:
        if self.ttl > self.lifetime // 2:
            raise ValueError("ttl is longer than half the lifetime")
        return self


class Registration(BaseModel):
    """Whether applications may register themselves (RFC 7591), and as what.

    `mode`: off, token (with an initial access token) or open (anyone). Software statements:
    who is trusted to issue them, with the file of his public keys (a JWK Set). `logo_check`:
    a logo is not looked at (off), refused where it is seen not to be an image of a bounded size
    (if_reachable, so that nobody fails by another server's outage), or has to be seen (required).
    `rotation_overlap`: seconds for which an old secret or token works when a client rotates it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["off", "token", "open"] = "off"
    scopes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(kinds.several)] = (
        "openid", "profile", "email", "address", "phone", "offline_access",
    )  # fmt: skip
    resources: Annotated[tuple[str, ...], NoDecode, BeforeValidator(kinds.several)] = ()
    per_hour: int = Field(default=60, ge=1, le=1_000_000)
    max_clients: int = Field(default=1000, ge=1, le=10_000_000)
    software_statement_issuers: dict[str, Path] = {}
    require_software_statement: bool = False
    rotation_overlap: Seconds = Field(default=DAY, ge=MINUTE, le=30 * DAY)
    logo_check: Literal["off", "if_reachable", "required"] = "if_reachable"

    @model_validator(mode="after")
    def _statements_of_somebody(self) -> Self:
        if self.require_software_statement and not self.software_statement_issuers:
            raise ValueError("require_software_statement needs software_statement_issuers")
        return self


class SignIn(BaseModel):
    """How often signing in may fail within a `window` of seconds. `failures_per_address`: of one
    address (of IPv6 one /64) before each further attempt has to wait; browsers that signed in to
    an account before do not count, so few do behind an address that many share. `alarm_failures`:
    of all addresses together before `sign_in_attack_suspected` is recorded and each address has
    a quarter of its own; more people mistype more often, so raise it with their number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failures_per_address: int = Field(default=20, ge=1, le=1_000_000)
    alarm_failures: int = Field(default=300, ge=1, le=100_000_000)
    window: Seconds = Field(default=HOUR, ge=MINUTE, le=DAY)


class Outgoing(BaseModel):
    """Requests of ours to other servers. `allow_hosts`: hosts that may have private addresses,
    as "host" or "host:port"; `ca_file`: certificates trusted for those hosts; seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_hosts: Annotated[tuple[AllowedHost, ...], NoDecode, BeforeValidator(kinds.several)] = ()
    ca_file: Path | None = None
    timeout: float = Field(default=5, ge=0.5, le=30)


class ClaimsHook(BaseModel):
    """A function that gives a scope claims of its own, and the names it may give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    function: Annotated[str, AfterValidator(kinds.function)]
    claims: Annotated[
        tuple[Annotated[str, AfterValidator(kinds.own_claim)], ...],
        NoDecode,
        BeforeValidator(kinds.several),
    ] = Field(min_length=1)
