"""The protected resource metadata of an API (RFC 9728 §2, §3). Called by `verifier`."""

from typing import Any
from urllib.parse import urlsplit

WELL_KNOWN = "/.well-known/oauth-protected-resource"


def document(
    resource: str, issuer: str, dpop: tuple[str, ...], members: dict[str, Any]
) -> dict[str, Any]:
    """Return the document, with `members` of the caller on top; one that is None is left out."""
    found: dict[str, Any] = {
        "resource": resource,
        "authorization_servers": [issuer],
        "bearer_methods_supported": ["header"],
    }
    if dpop:
        found["dpop_signing_alg_values_supported"] = list(dpop)
    found |= members
    return {name: value for name, value in found.items() if value is not None}


def path_of(resource: str) -> str:
    """Return the well-known path: between host and path of the resource (RFC 9728 §3.1)."""
    parts = urlsplit(resource)
    path = parts.path if parts.scheme in ("http", "https") else ""
    return WELL_KNOWN + path.rstrip("/")
