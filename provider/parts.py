"""Parts, and the features that list them. A part is anything named in `features`; what it can
do is the `roles` it plays. Metadata is the sum of what the parts say of themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

Metadata = Mapping[str, Any]


class Part:
    """Anything `features` names."""

    @property
    def home(self) -> str | None:
        """The module to read about it, if it has one of its own."""
        return type(self).__module__

    def metadata(self, issuer: str) -> Metadata:
        """Return the discovery entries that are true because this part is on."""
        del issuer
        return {}


class Fact(Part):
    """Metadata that is true because the feature is on and that no other part states."""

    home = None

    def __init__(self, **entries: Any) -> None:
        self._entries = entries

    def metadata(self, issuer: str) -> Metadata:
        """Return the entries."""
        del issuer
        return self._entries


EVERYWHERE = ("oauth21", "openid", "certification")
OPENID = ("openid", "certification")
CERTIFICATION = ("certification",)
"""The profiles in which a feature is on: `certification` is `openid` and the unsafe corners
that certification exercises, for an issuer that is marked as a test."""


@dataclass(frozen=True)
class Feature:
    """One specification we speak: its name for people, where it is written, its parts.

    `spec` names the document as people cite it; `carried_by` the modules of `provider`
    that speak it where no part does; `switched_on` whether the settings ask for it.
    """

    name: str
    spec: str
    parts: tuple[Part, ...] = ()
    carried_by: tuple[str, ...] = ()
    profiles: tuple[str, ...] = EVERYWHERE
    switched_on: bool = True

    def files(self) -> list[str]:
        """Return where to read it, below `provider/`."""
        modules = (part.home for part in self.parts)
        paths = [name.removeprefix("provider.").replace(".", "/") for name in modules if name]
        return list(dict.fromkeys(f"{path}.py" for path in (*paths, *self.carried_by)))


P = TypeVar("P", bound=Part)


class Parts:
    """The parts that are on, by role."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        self._parts = tuple(part for feature in self.features for part in feature.parts)
        self._playing: dict[type[Part], tuple[Any, ...]] = {}

    def playing(self, role: type[P]) -> tuple[P, ...]:
        """Return the parts that play `role`, in the order they are listed."""
        found = self._playing.get(role)
        if found is None:
            found = tuple(part for part in self._parts if isinstance(part, role))
            self._playing[role] = found
        return found

    def metadata(self, issuer: str) -> dict[str, Any]:
        """Return the discovery document: lists united, scalars agreeing, absent absent."""
        total: dict[str, Any] = {"issuer": issuer}
        for part in self._parts:
            for name, value in part.metadata(issuer).items():
                if isinstance(value, (list, tuple)):
                    merged = dict.fromkeys([*total.get(name, ()), *value])
                    total[name] = list(merged)
                elif total.setdefault(name, value) != value:
                    raise ValueError(f"two parts disagree about {name}")
        return total
