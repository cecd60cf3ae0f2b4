"""What one operation of an API asks of a token beyond being valid: scope, and how and when the
person signed in (RFC 6750 §3.1, RFC 9470 §3). Called by `verifier`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from provider.resource_server.access_token import AccessToken


@dataclass(frozen=True)
class Requirement:
    """Scopes that must all be there, sign-in classes of which one must, and the greatest age of
    the sign-in in seconds. Made by `require`."""

    scopes: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    max_age: int | None = None

    def check(self, token: AccessToken, now: float) -> "Shortfall | None":
        """Return what `token` lacks at `now`, or None.

        Choice: where the sign-in and the scope both fall short, one challenge names both
        (RFC 9470 §3), so that the client asks the person once.
        """
        missing = [scope for scope in self.scopes if not token.has_scope(scope)]
        scope = {"scope": " ".join(self.scopes)} if missing else {}
        if reason := self._authentication(token, now):
            told = dict(scope)
            if self.acr_values:
                told["acr_values"] = " ".join(self.acr_values)
            if self.max_age is not None:
                told["max_age"] = str(self.max_age)
            return Shortfall("insufficient_user_authentication", reason, told)
        if missing:
            reason = f"scope: expected {' '.join(self.scopes)!r}, found {' '.join(token.scopes)!r}"
            return Shortfall("insufficient_scope", reason, scope)
        return None

    def _authentication(self, token: AccessToken, now: float) -> str | None:
        if self.acr_values and token.acr not in self.acr_values:
            return f"acr: expected one of {' '.join(self.acr_values)!r}, found {token.acr!r}"
        if self.max_age is None:
            return None
        if token.auth_time is None:
            return f"auth_time: expected at most {self.max_age} s ago, found none"
        age = now - token.auth_time
        if age > self.max_age:
            return f"auth_time: expected at most {self.max_age} s ago, found {age:.0f} s ago"
        return None


@dataclass(frozen=True)
class Shortfall:
    """Why a valid token does not do: the registered error, the reason for the log, and the
    challenge parameters that tell the client what would do."""

    error: str
    reason: str
    parameters: Mapping[str, str]


def require(
    scope: str | Iterable[str] = (),
    *,
    acr: str | Iterable[str] = (),
    max_age: int | None = None,
) -> Requirement:
    """Return the requirement of one operation.

    `scope` and `acr` are a string of names separated by spaces, or the names. All scopes are
    needed; of the `acr` values one. `max_age` is in seconds. Raises ValueError for names that
    no token can have.
    """
    if max_age is not None and max_age < 0:
        raise ValueError("max_age is a number of seconds, not negative")
    return Requirement(_names(scope), _names(acr), max_age)


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    names = tuple(given.split() if isinstance(given, str) else given)
    for name in names:
        if not name or any(not "!" <= char <= "~" or char in '"\\' for char in name):
            raise ValueError(f"{name!r} is not a scope or acr value (RFC 6749 §3.3)")
    return names
