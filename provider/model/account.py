"""An account: our record of a person, with the standard claims of OpenID Connect Core
§5.1. Its id is the public subject; it is random, never reused and says nothing about
the person (OpenID Connect Core §8)."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account. `claims` are standard claims by their registered names."""

    id: str
    username: str
    email: str | None = None
    password_hash: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    created_at: int = 0
    updated_at: int = 0
    disabled_at: int | None = None
    locked_at: int | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the person may sign in: neither disabled nor locked."""
        return self.disabled_at is None and self.locked_at is None

    @property
    def display_name(self) -> str:
        """What pages call the person."""
        return str(self.claims.get("name") or self.username)


def normalise_login(name: str) -> str:
    """Return the one spelling of a username or email address (RFC 8265 §3.3).

    Compatibility characters, case and outer spaces make no difference: `Alice`,
    `alice ` and full-width letters are one account.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
