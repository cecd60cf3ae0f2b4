"""The scope `email` (OpenID Connect Core §5.4)."""

from typing import Any

from provider.model.account import Account
from provider.model.client import Client
from provider.roles import Scope


class Email(Scope):
    """Reveals the address and whether it was verified."""

    scope = "email"
    claims = ("email", "email_verified")

    def reveal(self, account: Account, client: Client) -> dict[str, Any]:
        """Return both claims, or neither where there is no address."""
        del client
        if not account.email:
            return {}
        return {
            "email": account.claims.get("email", account.email),
            "email_verified": bool(account.claims.get("email_verified", False)),
        }
