"""What scopes reveal about a person (OpenID Connect Core §5.4), one file per scope.
Called by UserInfo and, for clients that ask, wherever claims are put into a token."""

from typing import Any

from provider.model.account import Account
from provider.parts import Parts, Scope


def reveal(parts: Parts, scopes: tuple[str, ...], account: Account) -> dict[str, Any]:
    """Return the claims of `account` under `scopes`; what has no value is left out (§5.3.2)."""
    claims: dict[str, Any] = {}
    for scope in parts.playing(Scope):
        if scope.scope in scopes:
            claims |= scope.reveal(account)
    return claims
