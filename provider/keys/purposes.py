"""One row per kind of JWT we sign or accept: its `typ`, algorithms, whose keys, which
claims, how long (RFC 8725 §3.11, §3.12). `keyring` signs by a row, `verification`
verifies by a row, and the algorithm lists in the metadata are these. A kind that is not
here cannot be signed or accepted; of rows that share a key source, what one signs no
other accepts: they differ in `typ`, or one lacks by rule (`absent`) what the other
requires. A row has one key source and algorithms of that source alone: HMAC stands only
in rows `by secret`, `none` only in a row that nothing is ever verified under."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

_OTHER_NAMES = {"Ed25519": "EdDSA"}
"""What RFC 9864 §2.2 calls an algorithm that clients know by either name."""

OWN_ALGORITHMS = ("RS256", "ES256", "PS256", "ES384", "EdDSA")
"""What we can sign with. RS256 and ES256 always, the others where configured."""

BY_SECRET = ("HS256",)
"""Choice: of the HMACs only this one, so that a secret is a key of one algorithm (RFC 8725
§3.1); HS512 wants longer secrets than ours (RFC 7518 §3.2)."""


def one_name(alg: str) -> str:
    """Return the one name under which we compare an algorithm."""
    return _OTHER_NAMES.get(alg, alg)


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """One kind of JWT and whose keys it is under: ours, the client's own, the client's
    secret, those of an issuer whom the settings trust, or nobody's. Rows of one `name` are
    the same kind under other keys.

    `typ` is written when signing; `accepts` lists what is taken on verification, None
    standing for an absent `typ`; empty: never verified under this row. The first of
    `algorithms` is the default. `absent` are claims that must not stand in this kind, or it
    could pass for another. `longest_life` bounds how far ahead `exp` may lie.
    """

    name: str
    keys: Literal["own", "client", "secret", "issuer", "nobody"]
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

    def check_written(self, claims: Mapping[str, Any], alg: str) -> str:
        """Return the `typ` to write. Raises ValueError where this is not to be signed."""
        if self.typ is None or alg not in self.algorithms:
            raise ValueError(f"{self.name} is not signed with {alg}")
        if misplaced := [name for name in self.absent if name in claims]:
            raise ValueError(f"{self.name} never has {' '.join(misplaced)}")
        return self.typ


ACCESS_TOKEN = Purpose(
    name="access_token",  # RFC 9068 §2, §4
    keys="own",
    algorithms=("ES256", "RS256", "PS256", "ES384", "EdDSA"),
    typ="at+jwt",
    accepts=("at+jwt", "application/at+jwt"),
    required=("iss", "sub", "aud", "client_id", "iat", "exp", "jti"),
)

ID_TOKEN = Purpose(
    name="id_token",  # OpenID Connect Core §2
    keys="own",
    algorithms=OWN_ALGORITHMS,
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

LOGOUT_TOKEN = Purpose(
    name="logout_token",  # OpenID Connect Back-Channel Logout §2.4
    keys="own",
    algorithms=ID_TOKEN.algorithms,
    typ="logout+jwt",
    accepts=(),
    required=("iss", "aud", "iat", "exp", "jti", "events"),
    absent=("nonce",),
)

STATUS_LIST = Purpose(
    name="status_list",  # draft-ietf-oauth-status-list-21 §5.1
    keys="own",
    algorithms=ACCESS_TOKEN.algorithms,
    typ="statuslist+jwt",
    accepts=(),
    required=("iss", "sub", "iat", "exp", "ttl", "status_list"),
    absent=("aud", "client_id"),
)

CLIENT_ASSERTION = Purpose(
    name="client_assertion",  # RFC 7523 §3, RFC 10070
    keys="client",
    algorithms=("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"),
    typ=None,
    accepts=(None, "JWT", "client-authentication+jwt"),
    required=("iss", "sub", "aud", "exp", "jti"),
    longest_life=3600,  # Choice: an hour, what Authlib's client gives its assertions
    sole_audience=True,
)

REQUEST_OBJECT = Purpose(
    name="request_object",  # RFC 9101 §4, §10.8, OpenID Connect Core §6
    keys="client",
    algorithms=CLIENT_ASSERTION.algorithms,
    typ=None,
    accepts=(None, "JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"),
    required=(),
    absent=("sub",),
    longest_life=86400,
)
"""Stricter: no `sub` at all (RFC 9101 §10.8 forbids it to be the client), so that it is never a
client assertion; and nobody signs a request for longer than a day ahead."""

SOFTWARE_STATEMENT = Purpose(
    name="software_statement",  # RFC 7591 §2.3
    keys="issuer",
    algorithms=CLIENT_ASSERTION.algorithms,
    typ=None,
    accepts=(None, "JWT"),
    required=("iss",),
)
"""One statement is for every copy of a software, so it has no `jti` and may have no end."""

ID_TOKEN_BY_SECRET = replace(ID_TOKEN, keys="secret", algorithms=BY_SECRET, absent=("jti",))
ID_TOKEN_HINT_BY_SECRET = replace(ID_TOKEN_HINT, keys="secret", algorithms=BY_SECRET)
USERINFO_BY_SECRET = replace(USERINFO, keys="secret", algorithms=BY_SECRET)
INTROSPECTION_BY_SECRET = replace(INTROSPECTION, keys="secret", algorithms=BY_SECRET)
CLIENT_ASSERTION_BY_SECRET = replace(CLIENT_ASSERTION, keys="secret", algorithms=BY_SECRET)
REQUEST_OBJECT_BY_SECRET = replace(REQUEST_OBJECT, keys="secret", algorithms=BY_SECRET)
ID_TOKEN_UNSIGNED = replace(ID_TOKEN, keys="nobody", algorithms=("none",))

PURPOSES = (
    ACCESS_TOKEN,
    ID_TOKEN,
    ID_TOKEN_HINT,
    USERINFO,
    INTROSPECTION,
    LOGOUT_TOKEN,
    STATUS_LIST,
    CLIENT_ASSERTION,
    REQUEST_OBJECT,
    SOFTWARE_STATEMENT,
    ID_TOKEN_BY_SECRET,
    ID_TOKEN_HINT_BY_SECRET,
    USERINFO_BY_SECRET,
    INTROSPECTION_BY_SECRET,
    CLIENT_ASSERTION_BY_SECRET,
    REQUEST_OBJECT_BY_SECRET,
    ID_TOKEN_UNSIGNED,
)


def under(purpose: Purpose, keys: str) -> Purpose | None:
    """Return the row of the same kind under other keys, if there is one."""
    rows = (row for row in PURPOSES if (row.name, row.keys) == (purpose.name, keys))
    return next(rows, None)
