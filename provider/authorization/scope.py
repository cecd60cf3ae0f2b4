"""Which scopes a request gets (RFC 6749 §3.3).

Choice: a scope that is unknown or not this client's is left out, and the token response
names what was granted; a request of which nothing is left is refused. Many clients ask
for everything that discovery lists."""

from provider.errors import InvalidScope
from provider.model.client import Client
from provider.model.response_type import returned


def granted(client: Client, requested: str | None, response_type: str | None) -> tuple[str, ...]:
    """Return the scopes of an authorization request, in the order asked. Raises InvalidScope.

    `offline_access` counts only where a refresh token can come of it (OpenID Connect Core §11).
    """
    if requested is None:
        raise InvalidScope("The scope parameter is missing.")
    scopes = client.get_allowed_scope(requested).split()
    refreshes = "code" in returned(response_type) and client.check_grant_type("refresh_token")
    if "offline_access" in scopes and not refreshes:
        scopes.remove("offline_access")
    if not scopes:
        raise InvalidScope("The client may have none of the scopes it asks for.")
    return tuple(scopes)


def narrowed(granted_before: tuple[str, ...], requested: str | None) -> tuple[str, ...]:
    """Return the scopes of a refresh: never more than was granted (RFC 6749 §6)."""
    if requested is None:
        return granted_before
    wanted = set(requested.split())
    if not wanted <= set(granted_before):
        raise InvalidScope("A refresh can narrow the scope but not widen it.")
    return tuple(scope for scope in granted_before if scope in wanted)
