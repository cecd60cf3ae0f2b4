"""One row per kind of thing the kit accepts: its `typ`, algorithms, required claims and whose key
vouches for it (RFC 8725 §3.11, §3.12). What is not in this table is not accepted; rows that
share a key source differ in `typ`, so that no kind passes for another.

An introspection answer is the odd row: JSON that the issuer's TLS certificate vouches for.
"""

from dataclasses import dataclass
from typing import Literal

ASYMMETRIC = ("ES256", "RS256", "PS256", "ES384", "EdDSA")
"""Every algorithm the kit can verify: none is `none`, none takes a shared secret."""

_OTHER_NAMES = {"Ed25519": "EdDSA"}
"""RFC 9864 §2.2 names what most keys call EdDSA."""


def one_name(alg: str) -> str:
    """Return the one name under which an algorithm is compared."""
    return _OTHER_NAMES.get(alg, alg)


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """One kind. `keys`: the issuer's published keys, the key in the header of a proof, or the
    transport. `longest` bounds its length in characters before anything of it is read."""

    name: str
    keys: Literal["issuer", "header", "transport"]
    algorithms: tuple[str, ...]
    types: tuple[str, ...]
    required: frozenset[str]
    longest: int


ACCESS_TOKEN = Purpose(
    name="access token",  # RFC 9068 §2, §4
    keys="issuer",
    algorithms=ASYMMETRIC,
    types=("at+jwt", "application/at+jwt"),
    required=frozenset(("iss", "aud", "exp", "iat", "sub", "client_id", "jti")),
    longest=16 * 1024,
)

STATUS_LIST = Purpose(
    name="status list",  # draft-ietf-oauth-status-list-21 §5.1, §8.3
    keys="issuer",
    algorithms=ASYMMETRIC,
    types=("statuslist+jwt", "application/statuslist+jwt"),
    required=frozenset(("sub", "iat", "status_list")),
    longest=8 * 1024 * 1024,
)

DPOP_PROOF = Purpose(
    name="DPoP proof",  # RFC 9449 §4.2, §4.3
    keys="header",
    algorithms=ASYMMETRIC,
    types=("dpop+jwt",),
    required=frozenset(("jti", "htm", "htu", "iat", "ath")),
    longest=8 * 1024,
)

INTROSPECTION = Purpose(
    name="introspection answer",  # RFC 7662 §2.2
    keys="transport",
    algorithms=(),
    types=("application/json",),
    required=frozenset(("active", "aud")),
    longest=64 * 1024,
)

PURPOSES = (ACCESS_TOKEN, STATUS_LIST, DPOP_PROOF, INTROSPECTION)
