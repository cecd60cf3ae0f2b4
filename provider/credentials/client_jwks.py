"""The public keys of a client (OpenID Connect Core §10.1, RFC 7591 §2): what its assertions and
request objects are verified with, and what it is encrypted to. By value as registered, or by
reference: then kept, and asked for anew once a key is named that is not in it, so that a client
rotates its keys without telling us."""

from typing import Any

import orjson

from provider.context import Context
from provider.model.client import Client
from provider.outgoing.fetcher import FetchFailed

_ACCEPT = "application/jwk-set+json, application/json"


def of(
    ctx: Context, client: Client, kid: str | None = None, *, nothing_written: bool = False
) -> dict[str, Any] | None:
    """Return the client's JWK Set, or None where it has none. Raises FetchFailed.

    `kid`: the key that is wanted. `nothing_written`: the transaction may be given up while we
    wait for another server.
    """
    if client.jwks_uri is None:
        return client.jwks
    found = _read(ctx, client.jwks_uri, again=False, nothing_written=nothing_written)
    if kid is not None and not _has(found, kid):
        found = _read(ctx, client.jwks_uri, again=True, nothing_written=nothing_written)
    return found


def _read(ctx: Context, url: str, *, again: bool, nothing_written: bool) -> dict[str, Any]:
    body = ctx.provider.documents.get(
        url,
        accept=_ACCEPT,
        now=ctx.now,
        again=again,
        before=ctx.work.close if nothing_written else None,
        check=_key_set,
    )
    return _key_set(body)


def _key_set(body: bytes) -> dict[str, Any]:
    try:
        jwks = orjson.loads(body)
    except ValueError as error:
        raise FetchFailed("the key set is not JSON") from error
    if not isinstance(jwks, dict) or not isinstance(jwks.get("keys"), list):
        raise FetchFailed("the key set is not an object with keys")
    return jwks


def _has(jwks: dict[str, Any], kid: str) -> bool:
    return any(isinstance(key, dict) and key.get("kid") == kid for key in jwks["keys"])
