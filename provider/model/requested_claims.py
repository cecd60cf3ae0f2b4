"""Claims a client asks for one by one (OpenID Connect Core §5.5), beside what its scopes
reveal: where each is to be returned, and with which value. A plain value; it is kept with
the authorization, so that every token and UserInfo answer of it obeys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One requested claim. `values`: those the client accepts; empty where any will do."""

    essential: bool = False
    values: tuple[Any, ...] = ()

    def accepts(self, value: Any) -> bool:
        """Return whether a claim with `value` is what the client asks for."""
        return not self.values or any(_is_same(value, one) for one in self.values)


@dataclass(frozen=True, kw_only=True)
class RequestedClaims:
    """The wishes by claim name, for each of the two places a claim can be returned."""

    userinfo: Mapping[str, Wish] = field(default_factory=dict)
    id_token: Mapping[str, Wish] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.userinfo or self.id_token)

    @property
    def names(self) -> tuple[str, ...]:
        """Every claim that is asked for, wherever, in order and once."""
        return tuple(dict.fromkeys([*self.userinfo, *self.id_token]))

    def only(self, names: frozenset[str]) -> "RequestedClaims":
        """Return the wishes for these claims."""
        return RequestedClaims(
            userinfo={name: wish for name, wish in self.userinfo.items() if name in names},
            id_token={name: wish for name, wish in self.id_token.items() if name in names},
        )

    def to_json(self) -> dict[str, Any] | None:
        """Return the form to store, None where nothing is asked for."""
        if not self:
            return None
        return {"userinfo": _to_json(self.userinfo), "id_token": _to_json(self.id_token)}

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> Self:
        """Return what was stored."""
        if stored is None:
            return cls()
        return cls(
            userinfo=_from_json(stored["userinfo"]), id_token=_from_json(stored["id_token"])
        )


def _is_same(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _to_json(wishes: Mapping[str, Wish]) -> dict[str, Any]:
    return {name: [wish.essential, list(wish.values)] for name, wish in wishes.items()}


def _from_json(stored: dict[str, Any]) -> dict[str, Wish]:
    return {
        name: Wish(essential=essential, values=tuple(values))
        for name, (essential, values) in stored.items()
    }
