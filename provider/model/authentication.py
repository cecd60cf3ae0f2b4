"""An authentication: the event of a person proving who they are. When, how (`amr`,
RFC 8176) and how well (`acr`, OpenID Connect Core §2)."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """What happened at sign-in. `auth_time` is in seconds since the epoch."""

    auth_time: int
    acr: str
    amr: tuple[str, ...]
