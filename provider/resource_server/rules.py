"""What the claims of an access token must be (RFC 9068 §4, RFC 7519 §4.1), the same for a JWT and
for an introspection answer. Called by `examination` and `introspection`.
"""

from dataclasses import dataclass
from math import isfinite

from provider.resource_server.refusal import Invalid, shown
from provider.resource_server.strict_json import Object

_KINDS: dict[str, type] = {
    **dict.fromkeys(("sub", "client_id", "jti", "scope", "acr"), str),
    **dict.fromkeys(("exp", "iat", "nbf", "auth_time"), int),
    "cnf": dict,
}
_WORDS = {str: "a string", int: "seconds since the epoch", dict: "an object"}
_FARTHEST = 1 << 53
"""What every reader of JSON can tell from its neighbour (RFC 8259 §6)."""


@dataclass(frozen=True)
class Rules:
    """The rules of one API: whose tokens, for whom, and how far clocks may differ."""

    issuer: str
    audience: str
    leeway: float

    def check_jwt(self, claims: Object, now: float) -> float:
        """Return when a token ends whose required claims are all there. Raises Invalid."""
        if claims["iss"] != self.issuer:
            raise Invalid(f"iss: expected {self.issuer!r}, found {shown(claims['iss'])}")
        return self.check(claims, now)

    def check(self, claims: Object, now: float) -> float:
        """Return when a token ends, as it says itself, which must have `exp` and `aud`.

        Raises Invalid.

        Choice: a clock that is behind by up to the leeway is forgiven for `iat` and `nbf`, one
        that is ahead for `exp`; nothing else is.
        """
        audience = claims["aud"]
        if audience != self.audience and not (
            type(audience) is list and self.audience in audience
        ):
            raise Invalid(f"aud: expected {self.audience!r}, found {shown(audience)}")
        for name, value in claims.items():
            if (kind := _KINDS.get(name)) is not None and type(value) is not kind:
                self._check_kind(name, kind, value)
        expires: float = claims["exp"]
        if not now - self.leeway < expires < _FARTHEST:
            raise Invalid(f"exp: expected after {now:.0f}, found {shown(expires)}")
        latest = now + self.leeway
        if not claims.get("iat", now) <= latest:
            raise Invalid(f"iat: expected {latest:.0f} or before, found {shown(claims['iat'])}")
        if "nbf" in claims and not claims["nbf"] <= latest:
            raise Invalid(f"nbf: expected {latest:.0f} or before, found {shown(claims['nbf'])}")
        if not -_FARTHEST < claims.get("auth_time", 0) < _FARTHEST:
            raise Invalid(f"auth_time: expected {_WORDS[int]}, found {shown(claims['auth_time'])}")
        return expires

    @staticmethod
    def _check_kind(name: str, kind: type, value: object) -> None:
        """A NumericDate may have a fraction (RFC 7519 §2); JSON readers also let true and numbers
        without end pass for one."""
        if kind is int and type(value) is float and isfinite(value):
            return
        raise Invalid(f"{name}: expected {_WORDS[kind]}, found {shown(value)}")
