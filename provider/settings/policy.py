"""What a profile decides where no feature does: one frozen value, and one row of it for each
profile. Code asks the policy and never compares a profile's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The decisions of a profile.

    `redirect_uri_in_token_request`: whether a token request must repeat the redirect URI also
    where PKCE binds the code. `location_of_any_length`: whether an answer is sent in `Location`
    however long it is. `redirect_unknown`: whether a browser is sent unasked to a client for
    which nobody vouches.
    """

    redirect_uri_in_token_request: bool = False
    location_of_any_length: bool = False
    redirect_unknown: bool = False


POLICIES: Mapping[str, Policy] = MappingProxyType({
    "oauth21": Policy(),
    "openid": Policy(),
    "certification": Policy(
        redirect_uri_in_token_request=True, location_of_any_length=True, redirect_unknown=True
    ),
})  # fmt: skip
"""The policy of each profile. `certification` answers as the texts that are certified have it:
RFC 6749 §4.1.3, and an error always as a redirect (OpenID Connect Core §3.1.2.6)."""
