"""Which APIs access is for (RFC 8707 §2): the `resource` parameter, which may repeat. A
client names only resources that an operator allowed it.

Choice: scheme and host are compared without case, and no path is the path `/` (RFC 3986 §6.2.2.1,
§6.2.3), because libraries write addresses either way. Nothing else is normalised, and tokens carry
the form that the operator wrote."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from provider.errors import InvalidTarget
from provider.model.client import Client


def granted(client: Client, requested: list[str]) -> tuple[str, ...]:
    """Return the resources of an authorization request. Raises InvalidTarget."""
    return _known(requested, client.policy.resources)


def narrowed(
    client: Client, granted_before: tuple[str, ...], requested: list[str]
) -> tuple[str, ...]:
    """Return the resources of a token request: some of what was granted (RFC 8707 §2.2), less
    what an operator has taken from the client since. Raises InvalidTarget."""
    wanted = _known(requested, granted_before) or granted_before
    left = tuple(one for one in granted_before if one in wanted and one in client.policy.resources)
    if wanted and not left:
        raise InvalidTarget
    return left


def _known(requested: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Return the form in which each of `requested` is known. Raises InvalidTarget."""
    forms = {_compared(one): one for one in reversed(tuple(known))} | {one: one for one in known}
    found: dict[str, None] = {}
    for resource in requested:
        form = forms.get(resource) or forms.get(_compared(resource))
        if form is None or not is_valid(resource):
            raise InvalidTarget
        found[form] = None
    return tuple(found)


def _compared(resource: str) -> str:
    """Return what two spellings of one resource have in common."""
    scheme, separator, rest = resource.partition("://")
    if not separator:
        return resource
    end = next((place for place, one in enumerate(rest) if one in "/?#"), len(rest))
    user, at, host = rest[:end].rpartition("@")
    path = rest[end:]
    path = path if path.startswith("/") else "/" + path
    return f"{scheme.lower()}://{user}{at}{host.lower()}{path}"


def is_valid(resource: str) -> bool:
    """Return whether `resource` is an absolute URI without a fragment."""
    try:
        parts = urlsplit(resource)
    except ValueError:
        return False
    return bool(parts.scheme) and resource.isascii() and "#" not in resource
