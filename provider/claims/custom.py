"""Scopes of the operator's own that reveal claims of their own (OpenID Connect Core §5.1.2):
a function of the operator's returns them, called by UserInfo and where claims are put into
an ID token; never for access tokens. The settings declare the names, so discovery and the
consent page know them. A function with a parameter named `client` is told who asks, too.

Choice: a function that fails costs its claims and not the sign-in: the log says so, and the
answer goes without them. What it returns beyond the declared names is left out."""

from functools import cached_property
from typing import Any

import orjson
import structlog

from provider.model.account import Account
from provider.model.client import Client
from provider.roles import Scope
from provider.settings import hooks
from provider.settings.hooks import Hook

log: structlog.stdlib.BoundLogger = structlog.get_logger("signet")


class CustomScope(Scope):
    """One scope and the function that knows its claims."""

    def __init__(self, scope: str, function: str, claims: tuple[str, ...]) -> None:
        self.scope, self.claims = scope, claims
        self._function = function

    @cached_property
    def _hook(self) -> Hook:
        return hooks.load(self._function)

    def reveal(self, account: Account, client: Client) -> dict[str, Any]:
        """Return the declared claims that the function gives a value."""
        try:
            given = self._hook(_facts(account), _facts_of_client(client))
            claims = {name: given[name] for name in self.claims if given.get(name) is not None}
            orjson.dumps(claims)
        except Exception as error:
            # whatever the operator's code raises: the sign-in goes on without its claims
            log.exception("claims_hook_failed", scope=self.scope, error=type(error).__name__)
            return {}
        return claims


def _facts_of_client(client: Client) -> dict[str, Any]:
    return {"client_id": client.client_id, "client_name": client.client_name}


def _facts(account: Account) -> dict[str, Any]:
    """Return what a function is told: copies, nothing secret."""
    return {
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "claims": orjson.loads(orjson.dumps(account.claims)),
    }
