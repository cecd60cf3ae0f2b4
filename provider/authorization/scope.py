"""Which scopes a request gets (RFC 6749 §3.3).

Choice: a request that names none gets all that the client registered, the default that the
specification lets us define. A scope that is unknown or not this client's is left out, and the
token response names what was granted; a request of which nothing is left is refused. Many
clients ask for everything that discovery lists."""

import re

from provider.errors import InvalidScope
from provider.model.client import Client
from provider.model.response_type import returned

_WELL_FORMED = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*\Z")
"""Tokens of RFC 6749 §3.3 and spaces. Choice: how many spaces does not matter."""


def granted(client: Client, requested: str | None, response_type: str | None) -> tuple[str, ...]:
    """Return the scopes of an authorization request, in the order asked. Raises InvalidScope.

    `offline_access` counts only where a refresh token can come of it (OpenID Connect Core §11).
    """
    wanted = client.scope if requested is None else well_formed(requested)
    scopes = client.get_allowed_scope(wanted).split()
    refreshes = "code" in returned(response_type) and client.check_grant_type("refresh_token")
    if "offline_access" in scopes and not refreshes:
        scopes.remove("offline_access")
    if not scopes:
        raise InvalidScope("The client may have none of the scopes it asks for.")
    return tuple(scopes)


def well_formed(requested: str) -> str:
    """Return the value of a `scope` parameter. Raises InvalidScope where anything but spaces
    separates its tokens."""
    if not _WELL_FORMED.match(requested):
        raise InvalidScope("The scope has a character that no scope can have.")
    return requested


def narrowed(
    client: Client, granted_before: tuple[str, ...], requested: str | None
) -> tuple[str, ...]:
    """Return the scopes of a refresh: never more than was granted (RFC 6749 §6)."""
    if requested is None:
        return kept(client, granted_before)
    wanted = set(well_formed(requested).split())
    if not wanted <= set(granted_before):
        raise InvalidScope("A refresh can narrow the scope but not widen it.")
    return kept(client, tuple(scope for scope in granted_before if scope in wanted))


def kept(client: Client, granted_before: tuple[str, ...]) -> tuple[str, ...]:
    """Return what of a grant the client may still have. Raises InvalidScope where nothing is
    left.

    Choice: what was taken from a client since ends with its next token, without a word of
    the person who granted it.
    """
    left = tuple(scope for scope in granted_before if scope in client.scopes)
    if granted_before and not left:
        raise InvalidScope("The client may no longer have any of these scopes.")
    return left
