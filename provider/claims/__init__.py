"""What a client learns about a person (OpenID Connect Core §5.4, §5.5): what its scopes
reveal, one file per scope, and the claims it asks for one by one. Called by UserInfo and
wherever claims are put into an ID token."""

from collections.abc import Mapping
from typing import Any

from provider.model.account import Account
from provider.model.client import Client
from provider.model.requested_claims import Wish
from provider.parts import Parts
from provider.roles import Scope


def reveal(
    parts: Parts,
    client: Client,
    scopes: tuple[str, ...],
    account: Account,
    wishes: Mapping[str, Wish],
) -> dict[str, Any]:
    """Return what `client` learns of `account` under `scopes`, and the claims wished for.

    What has no value is left out (§5.3.2). Choice: a claim wished for with a value that it
    does not have is not added; where a scope reveals it, it is there all the same.
    """
    claims: dict[str, Any] = {}
    for scope in parts.playing(Scope):
        wanted = [name for name in scope.claims if name in wishes]
        if scope.scope not in scopes and not wanted:
            continue
        revealed = scope.reveal(account, client)
        if scope.scope in scopes:
            claims |= revealed
        for name in wanted:
            if name in revealed and wishes[name].accepts(revealed[name]):
                claims[name] = revealed[name]
    return claims
