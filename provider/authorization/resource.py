"""Which APIs access is for (RFC 8707 §2): the `resource` parameter, which may repeat. A
client names only resources that an operator allowed it."""

from urllib.parse import urlsplit

from provider.errors import InvalidTarget
from provider.model.client import Client


def granted(client: Client, requested: list[str]) -> tuple[str, ...]:
    """Return the resources of an authorization request. Raises InvalidTarget."""
    resources = tuple(dict.fromkeys(requested))
    for resource in resources:
        if resource not in client.policy.resources or not is_valid(resource):
            raise InvalidTarget
    return resources


def narrowed(
    client: Client, granted_before: tuple[str, ...], requested: list[str]
) -> tuple[str, ...]:
    """Return the resources of a token request: some of what was granted (RFC 8707 §2.2), less
    what an operator has taken from the client since. Raises InvalidTarget."""
    if not set(requested) <= set(granted_before):
        raise InvalidTarget
    wanted = requested or granted_before
    left = tuple(one for one in granted_before if one in wanted and one in client.policy.resources)
    if wanted and not left:
        raise InvalidTarget
    return left


def is_valid(resource: str) -> bool:
    """Return whether `resource` is an absolute URI without a fragment."""
    try:
        parts = urlsplit(resource)
    except ValueError:
        return False
    return bool(parts.scheme) and resource.isascii() and "#" not in resource
