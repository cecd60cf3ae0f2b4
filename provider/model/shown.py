"""What a page says of that which its answer decides: who asks, where the person will be sent, and
what the client gets. What was agreed to is kept so with the request that waits for it, and nothing
wider is issued for it (OpenID Connect Core §3.1.2.4). It says what a client calls itself in every
language, so that two pages in two languages show the same."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from provider.model import localized
from provider.model.client import Client
from provider.model.consent import entries


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What one page shows. `claims`: those asked for by name that no scope covers.
    `is_unchecked`: whether it says that nobody vouches for the client."""

    client: Mapping[str, str] = field(default_factory=dict)
    destination: str | None = None
    scopes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    is_unchecked: bool = False

    @property
    def entries(self) -> frozenset[str]:
        """What the person agrees to: scopes and single claims, as a consent has them."""
        return entries(self.scopes, self.claims)

    def covers(self, agreed: frozenset[str], resources: frozenset[str]) -> bool:
        """Return whether nothing of it goes beyond what was shown."""
        return agreed <= self.entries and resources <= frozenset(self.resources)

    def to_json(self) -> dict[str, Any]:
        """Return the form to store."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> Self | None:
        """Return what was stored, None where nothing was."""
        if stored is None:
            return None
        lists = {name: tuple(stored[name]) for name in ("scopes", "claims", "resources")}
        return cls(**{**stored, **lists})


def introduction(client: Client) -> dict[str, str]:
    """Return what a client says of itself to people, in every language, and which one it is."""
    said = {name: getattr(client, name) for name in localized.MEMBERS}
    said |= {"client_id": client.client_id, **client.localized}
    return {name: value for name, value in said.items() if value is not None}
