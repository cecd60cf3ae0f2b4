"""Comparison of redirect URIs (RFC 9700 §4.1.3, RFC 8252 §7.3, OpenID Connect Core
§3.1.2.1) and the rules a URI must meet to be registered. Called by the client and by
whoever registers one. There is no pattern language: only equal strings match, and the
port of a native client's loopback address."""

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

LOOPBACK_LITERALS = ("127.0.0.1", "::1")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK_NAMES = (*LOOPBACK_LITERALS, "localhost")
_DANGEROUS_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "about", "blob"})

_SPOILED = re.compile(r"%(?![0-9A-Fa-f]{2})|%(?:[01][0-9A-Fa-f]|7[Ff])")
"""A percent sign that encodes nothing (RFC 3986 §2.1), or a control character."""

_BRACKETED = re.compile(r"\[[^\[\]]*\](?::[0-9]*)?")
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?")


def matches(
    registered: Iterable[str], presented: str, *, native: bool, public: bool = False
) -> bool:
    """Return whether `presented` is one of `registered`, byte for byte.

    A native client may use any port on a loopback IP literal (RFC 8252 §7.3). Choice: a public
    one also on `localhost`. A name can be made to lead elsewhere on a spoilt machine (§8.3), but
    widespread tools use nothing else, and a public client's code is of no use without the
    verifier that PKCE keeps with the client.
    """
    known = tuple(registered)
    if presented in known:
        return True
    if not native:
        return False
    hosts = _LOOPBACK_NAMES if public else LOOPBACK_LITERALS
    wanted = _without_loopback_port(presented, hosts)
    return wanted is not None and wanted in (_without_loopback_port(uri, hosts) for uri in known)


def _without_loopback_port(uri: str, hosts: tuple[str, ...]) -> str | None:
    parts = _split(uri)
    if parts is None or not uri.startswith("http://"):
        return None
    if parts.hostname not in hosts:
        return None
    try:
        port = parts.port
    except ValueError:
        return None
    if port == 0 or (port is None and parts.netloc.endswith(":")):
        return None
    host = parts.netloc.rsplit(":", 1)[0] if port is not None else parts.netloc
    return f"http://{host}{uri[len('http://') + len(parts.netloc) :]}"


def problem(uri: str, *, native: bool) -> str | None:
    """Say why `uri` must not be registered as a redirect URI, or return None.

    Stricter: plain http is for loopback only, and a private-use scheme must be a
    reversed domain name (RFC 8252 §7.1).
    """
    parts = _split(uri)
    if parts is None or not parts.scheme:
        return "it is not an absolute URI"
    if "#" in uri:
        return "it has a fragment (RFC 6749 section 3.1.2)"
    if "*" in uri:
        return "it has a wildcard, and redirect URIs are compared exactly"
    if _SPOILED.search(uri):
        return "it has a percent sign that encodes nothing, or a control character"
    if uri.split(":", 1)[0] != parts.scheme or parts.scheme in _DANGEROUS_SCHEMES:
        return "its scheme is not allowed"
    if parts.scheme in ("https", "http"):
        return _web_problem(parts)
    if not native:
        return "a web client needs https"
    if "." not in parts.scheme:
        return "a private-use scheme must be a reversed domain name, such as com.example.app"
    return None


def _web_problem(parts: SplitResult) -> str | None:
    try:
        port_is_fine = parts.port != 0
    except ValueError:
        port_is_fine = False
    if not parts.hostname or not port_is_fine or not is_host(parts.hostname):
        return "its host or port is not valid"
    if "@" in parts.netloc:
        return "it has user information before the host"
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK_NAMES:
        return "plain http is for localhost only"
    if any(character in parts.path + parts.query for character in "[]"):
        return "it has brackets, which a path or query can not have (RFC 3986 section 3.3)"
    if any(unquote(segment) in (".", "..") for segment in parts.path.split("/")):
        return "its path has dot segments"  # in any spelling, as browsers resolve them
    return None


def is_host(host: str) -> bool:
    """Return whether `host`, in lower case, is a name or address as DNS and browsers write it.

    Stricter: RFC 3986 §3.2.2 lets a name hold percent-encoded and other characters, which
    parsers read in different ways.
    """
    if ":" not in host:
        return _NAME.fullmatch(host) is not None
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host


def is_authority(netloc: str) -> bool:
    """Return whether brackets, if there are any, hold all of the host (RFC 3986 §3.2.2); what
    stands after them is read as the host by some parsers and left out by others."""
    return not {"[", "]"} & set(netloc) or _BRACKETED.fullmatch(netloc) is not None


def _split(uri: str) -> SplitResult | None:
    if any(character <= " " or character in '\x7f\\"<>^`{|}' for character in uri):
        return None
    if not uri.isascii():
        return None
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    return parts if is_authority(parts.netloc) else None


def origin(uri: str) -> str | None:
    """Return the web origin of `uri` as browsers write it (RFC 6454 §4, §6.2): the host in
    lower case, without the port that goes without saying. None where it has none."""
    parts = _split(uri)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        is_usual = parts.port in (None, _DEFAULT_PORTS[parts.scheme])
    except ValueError:
        return None
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{parts.port}")
