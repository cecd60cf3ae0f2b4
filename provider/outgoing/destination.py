"""Where a request of ours may go: https, to a host whose addresses are all public (RFC 9700
§4.15), resolved once so that the address judged is the address connected to (DNS rebinding). An
operator may name hosts of a private network one by one; there is no switch that allows all."""

import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from provider.model.redirect_uri import is_authority

HTTPS = 443
LONGEST_URL = 2048
MOST_ADDRESSES = 4
"""Of those a host has, how many are tried: all are judged."""

Resolve = Callable[[str, int], list[str]]

_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ip_network("2000::/3")
"""The IPv6 addresses that are given out for the public internet (RFC 4291 §2.4); what is outside
of it, such as site-local or IPv4-compatible addresses, leads into somebody's own network."""
_SPECIAL = tuple(
    ip_network(one)
    for one in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16")
)
"""Special-purpose networks (RFC 6890) that some releases of Python take for public."""
_IPV4_BYTES = 4


class NotAllowed(Exception):
    """We do not go there. `reason` is for our log and for whoever registers an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Destination:
    """Addresses that were judged, in the order to try them, with what to say there.
    `is_private`: named by the operator."""

    host: str
    port: int
    addresses: tuple[str, ...]
    target: str
    is_private: bool
    is_plain: bool = False

    @property
    def authority(self) -> str:
        """The Host header (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 80 if self.is_plain else HTTPS
        return host if self.port == usual else f"{host}:{self.port}"


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order to try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def settle(url: str, allowed: Collection[str], resolve: Resolve = resolve) -> Destination:
    """Return where `url` leads. Raises NotAllowed.

    `allowed`: hosts that may be private, as "host", "host:port", or for plain http on the
    machine itself "http://host:port".
    """
    parts = urlsplit_strictly(url)
    host, is_plain = str(parts.hostname), parts.scheme == "http"
    port = parts.port or (80 if is_plain else HTTPS)
    if is_plain and f"http://{host}:{port}" not in allowed:
        raise NotAllowed("the address is not https")
    is_private = is_plain or host in allowed or f"{host}:{port}" in allowed
    try:
        addresses = resolve(host, port)
    except TimeoutError as error:
        raise NotAllowed("looking up the host took too long") from error
    except (OSError, UnicodeError) as error:
        raise NotAllowed("the host has no address") from error
    if not addresses:
        raise NotAllowed("the host has no address")
    if not is_private and not all(map(is_public, addresses)):
        raise NotAllowed("the host has an address that is not public")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tried = tuple(addresses[:MOST_ADDRESSES])
    return Destination(host, port, tried, target, is_private, is_plain)


def urlsplit_strictly(url: str) -> "SplitUrl":
    """Return the parts of an absolute web address. Raises NotAllowed."""
    if len(url) > LONGEST_URL or any(not "!" <= character <= "~" for character in url):
        raise NotAllowed("the address is too long or has characters that do not belong there")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotAllowed("the address can not be read") from error
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise NotAllowed("the address is not https")
    if "@" in parts.netloc or "\\" in url:
        raise NotAllowed("the address has user information or a backslash")
    if not is_authority(parts.netloc):
        raise NotAllowed("the address can not be read")
    return SplitUrl(parts.scheme, parts.hostname, port, parts.path, parts.query)


@dataclass(frozen=True)
class SplitUrl:
    """The parts of a web address that a request needs; a fragment is none of them."""

    scheme: str
    hostname: str
    port: int | None
    path: str
    query: str


def is_public(written: str) -> bool:
    """Return whether an address is one of the public internet, wherever it is wrapped up."""
    try:
        address = ip_address(written.partition("%")[0])
    except ValueError:
        return False
    return all(
        one.is_global
        and not one.is_multicast
        and (isinstance(one, IPv4Address) or one in _GLOBAL_UNICAST)
        and not any(one in network for network in _SPECIAL)
        for one in _unwrapped(address)
    )


def _unwrapped(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the address and every IPv4 address that it carries (RFC 4291 §2.5.5, RFC 6052,
    RFC 3056, RFC 4380)."""
    found: list[IPv4Address | IPv6Address] = [address]
    if isinstance(address, IPv4Address):
        return found
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in _NAT64:
        return [IPv4Address(address.packed[-_IPV4_BYTES:])]
    return found
