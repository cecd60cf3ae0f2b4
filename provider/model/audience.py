"""An audience: an API that access tokens are for (RFC 8707, RFC 9068 §3), and what it wants of
them. Everything is optional, and an audience without a record wants nothing: then the
client's policy decides, and then the settings."""

from dataclasses import dataclass
from typing import Literal

TokenFormat = Literal["jwt", "opaque"]


@dataclass(frozen=True, kw_only=True)
class Audience:
    """One audience. `identifier` is its URI; the lifetime is in seconds; of `scopes` it knows
    only these, or all where None."""

    identifier: str
    signing_alg: str | None = None
    access_token_lifetime: int | None = None
    status_list: bool | None = None
    scopes: tuple[str, ...] | None = None
    token_format: TokenFormat | None = None
