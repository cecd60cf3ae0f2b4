"""The applications that have access to an account, as its owner sees them: by a consent that is
remembered, or by authorizations that are live without one."""

from typing import Any

from provider.context import Context
from provider.interaction.rendering import client_facts
from provider.model.account import Account
from provider.model.authorization import Authorization
from provider.model.consent import CLAIM, Consent, entries
from provider.store import authorizations, clients, consents


def shown_to(ctx: Context, account: Account) -> list[dict[str, Any]]:
    """Return what the account page shows of each, those with a remembered consent first."""
    live: dict[str, list[Authorization]] = {}
    for one in authorizations.list_live(ctx.tx, account.id, ctx.now):
        live.setdefault(one.client_id, []).append(one)
    granted = {consent.client_id: consent for consent in consents.list_for(ctx.tx, account.id)}
    return [
        shown
        for client_id in dict.fromkeys([*granted, *live])
        if (shown := _app(ctx, client_id, granted.get(client_id), live.get(client_id, [])))
    ]


def _app(
    ctx: Context, client_id: str, consent: Consent | None, live: list[Authorization]
) -> dict[str, Any] | None:
    client = clients.find(ctx.tx, client_id)
    if client is None:
        return None
    given = consent.scopes if consent else _given(live)
    claims = {entry for entry in given if entry.startswith(CLAIM)}
    scopes = given - claims
    used = [one.family.rotated_at or one.created_at for one in live if one.family]
    return {
        "client": client_facts(ctx, client),
        "id": client_id,
        "scopes": [
            {"name": name, "title": ctx.settings.scopes.get(name, name)}
            for name in sorted(scopes, key=lambda name: (name in ctx.settings.scopes, name))
        ],
        "claims": sorted(entry.removeprefix(CLAIM) for entry in claims),
        "since": consent.granted_at if consent else min(one.created_at for one in live),
        "last_used": max(used, default=None),
        "offline": any(one.offline for one in live),
    }


def _given(live: list[Authorization]) -> frozenset[str]:
    """Return what authorizations allow that nobody was asked about."""
    return frozenset().union(*(entries(one.scopes, one.claims.names) for one in live))
