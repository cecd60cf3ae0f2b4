"""One row per kind of JWT we sign or accept: its `typ`, algorithms, whose keys, which
claims, how long (RFC 8725 §3.11, §3.12). `keyring` signs by a row, `verification`
verifies by a row, and the algorithm lists in the metadata are these. A kind that is not
here cannot be signed or accepted; of rows that share a key source, what one signs no
other accepts: they differ in `typ`, or one lacks by rule (`absent`) what the other
requires. HMAC and `none` appear in no row."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

OWN_ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""What we can sign with. RS256 and ES256 always, the others where configured."""


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """One kind of JWT.

    `typ` is written when signing; `accepts` lists what is taken on verification, None
    standing for an absent `typ`; empty: never verified under this row. The first of
    `algorithms` is the default. `absent` are claims that must not stand in this kind, or it
    could pass for another. `longest_life` bounds how far ahead `exp` may lie.
    """

    name: str
    keys: Literal["own", "client"]
    algorithms: tuple[str, ...]
    typ: str | None
    accepts: tuple[str | None, ...]
    required: tuple[str, ...]
    absent: tuple[str, ...] = ()
    longest_life: int | None = None
    expired_accepted: bool = False
    sole_audience: bool = False

    def supported(self, available: Collection[str]) -> list[str]:
        """Return the algorithms of this row that `available` keys allow, default first."""
        return [alg for alg in self.algorithms if alg in available]


ACCESS_TOKEN = Purpose(
    name="access_token",  # RFC 9068 §2, §4
    keys="own",
    algorithms=("ES256", "RS256", "PS256", "EdDSA"),
    typ="at+jwt",
    accepts=("at+jwt", "application/at+jwt"),
    required=("iss", "sub", "aud", "client_id", "iat", "exp", "jti"),
)

ID_TOKEN = Purpose(
    name="id_token",  # OpenID Connect Core §2
    keys="own",
    algorithms=("RS256", "ES256", "PS256", "EdDSA"),
    typ="JWT",
    accepts=(),
    required=("iss", "sub", "aud", "iat", "exp"),
)

ID_TOKEN_HINT = Purpose(
    name="id_token_hint",  # OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2
    keys="own",
    algorithms=ID_TOKEN.algorithms,
    typ=None,
    accepts=("JWT", None),
    required=ID_TOKEN.required,
    expired_accepted=True,
)

USERINFO = Purpose(
    name="userinfo",  # OpenID Connect Core §5.3.2, RFC 8725 §3.12
    keys="own",
    algorithms=ID_TOKEN.algorithms,
    typ="JWT",
    accepts=(),
    required=("iss", "sub", "aud"),
    absent=("iat", "exp"),
)

INTROSPECTION = Purpose(
    name="introspection",  # RFC 9701 §5, §8.1
    keys="own",
    algorithms=ID_TOKEN.algorithms,
    typ="token-introspection+jwt",
    accepts=(),
    required=("iss", "aud", "iat", "token_introspection"),
    absent=("sub", "exp"),
)

CLIENT_ASSERTION = Purpose(
    name="client_assertion",  # RFC 7523 §3, RFC 10070
    keys="client",
    algorithms=("RS256", "PS256", "ES256", "ES384", "EdDSA"),
    typ=None,
    accepts=(None, "JWT", "client-authentication+jwt"),
    required=("iss", "sub", "aud", "exp", "jti"),
    longest_life=300,
    sole_audience=True,
)

PURPOSES = (ACCESS_TOKEN, ID_TOKEN, ID_TOKEN_HINT, USERINFO, INTROSPECTION, CLIENT_ASSERTION)
