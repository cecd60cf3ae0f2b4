"""The scope `profile` (OpenID Connect Core §5.4)."""

from typing import Any

from provider.model.account import Account
from provider.model.client import Client
from provider.roles import Scope


class Profile(Scope):
    """Reveals the fourteen claims of a profile."""

    scope = "profile"
    claims = (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    )

    def reveal(self, account: Account, client: Client) -> dict[str, Any]:
        """Return the claims with a value; our record knows the name to prefer and its age."""
        return {
            "preferred_username": account.username,
            **super().reveal(account, client),
            "updated_at": account.updated_at,
        }
