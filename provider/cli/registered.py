"""A client as it is registered, for the commands that name one: found by its id, and written
out under the registered names (RFC 7591 §2)."""

from typing import Any

from provider.cli.output import Failed
from provider.context import Context
from provider.model.client import Client
from provider.store import clients


def find(ctx: Context, client_id: str) -> Client:
    """Return a client by its id. Raises Failed."""
    found = clients.find(ctx.tx, client_id)
    if found is None:
        raise Failed(f"there is no client {client_id}; `signet client list` shows all")
    return found


def document(found: Client) -> dict[str, Any]:
    """Return what is registered about a client, for scripts; of secrets the times only."""
    return {
        "client_id": found.client_id,
        "token_endpoint_auth_method": found.token_endpoint_auth_method,
        "grant_types": list(found.grant_types),
        "scope": found.scope,
        "id_token_signed_response_alg": found.id_token_signed_response_alg,
        **found.to_metadata(),
        "registered_by": "itself" if found.dynamic else "operator",
        "created_at": found.created_at,
        "disabled_at": found.disabled_at,
        "secrets": [
            {"created_at": kept.created_at, "expires_at": kept.expires_at}
            for kept in found.secrets
        ],
    }
