"""What a proxy says of a request: who asks, and the number under which it is known. Believed
from a trusted proxy only; from anybody else it is a stranger's text. Called by `front`; what is
counted against an address asks which network that is."""

import re
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)


def is_trusted(peer: str, trusted: Sequence[Network]) -> bool:
    """Return whether `peer` is one of our proxies."""
    if not trusted:
        return False
    try:
        parsed = ip_address(peer.strip())
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def address(peer: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> str:
    """Return who asks. A forwarding header counts only from a trusted proxy, and of its
    entries the last one that is not such a proxy."""
    if not trusted:
        return peer
    hops = [peer, *reversed(headers.get("x-forwarded-for", "").split(","))]
    found = peer
    for hop in hops:
        candidate = hop.strip()
        try:
            parsed = ip_address(candidate)
        except ValueError:
            break
        found = candidate
        if not any(parsed in network for network in trusted):
            break
    return found


def network_of(address: str) -> str:
    """Return what a count of somebody's attempts is kept by: the address, of IPv6 the /64, since
    whoever has one address there has all of it (RFC 6177 §2)."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, 64), strict=False))


def neighbourhood_of(address: str) -> str:
    """Return the wider network of an address, which one party may hold all of: of IPv4 the /24, of
    IPv6 the /48 (RFC 6177 §2)."""
    try:
        parsed = ip_address(network_of(address).partition("/")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 48), strict=False))
    return str(IPv4Network((parsed, 24), strict=False))


def request_id(peer: str, headers: Mapping[str, str], trusted: Sequence[Network]) -> str:
    """Return the number a trusted proxy gave this request (`X-Request-ID`), or nothing."""
    given = headers.get("x-request-id", "")
    if given and _REQUEST_ID.fullmatch(given) and is_trusted(peer, trusted):
        return given
    return ""
