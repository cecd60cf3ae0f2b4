"""The kinds of value a setting can have beyond text and numbers: durations, issuer
identifiers, master keys, database URLs, lists. Each function takes what was written and
returns the value, or raises ValueError with a sentence for an operator."""

import base64
import binascii
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+)\s*([smhdw]?)", re.ASCII)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.ASCII)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
_SCOPE = re.compile(r"[!#-\[\]-~]{1,100}")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9._:/-]{0,199}", re.ASCII)
DEFINED_CLAIMS = frozenset({
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "nonce", "auth_time", "acr", "amr",
    "at_hash", "c_hash", "s_hash", "sid", "cnf", "act", "may_act", "events", "scope",
    "client_id", "sub_jwk", "_claim_names", "_claim_sources", "name", "given_name",
    "family_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
    "website", "email", "email_verified", "gender", "birthdate", "zoneinfo", "locale",
    "phone_number", "phone_number_verified", "address", "updated_at",
})  # fmt: skip
"""Names that mean something already (OpenID Connect Core §2, §5.1, RFC 7519 §4.1)."""
_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_LAST_PORT = 65535
MASTER_KEY_BYTES = 32
_MIN_DISTINCT_BYTES = 12


def duration(written: Any) -> int:
    """Return seconds from a number of them or from text such as "10m" or "14d"."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    match = _DURATION.fullmatch(written.strip()) if isinstance(written, str) else None
    if match is None:
        raise ValueError('write seconds (600) or a number with s, m, h, d or w ("10m")')
    return int(match[1]) * _UNITS[match[2] or "s"]


def several(written: Any) -> Any:
    """Return a list from text: entries separated by commas or line breaks."""
    if isinstance(written, str):
        return [entry.strip() for entry in re.split(r"[,\n]", written) if entry.strip()]
    return written


def network(written: Any) -> IPv4Network | IPv6Network:
    """Return a network from CIDR notation; a single address is a network of one."""
    try:
        return ip_network(written)
    except (ValueError, TypeError):
        raise ValueError('write networks such as "10.0.0.0/8" or "2001:db8::/32"') from None


def scope(written: str) -> str:
    """Return a scope value (RFC 6749 §3.3)."""
    if not _SCOPE.fullmatch(written):
        raise ValueError("a scope is visible ASCII without space, quote or backslash")
    return written


def function(written: str) -> str:
    """Return the name of a Python function as "package.module:function"."""
    if not _FUNCTION.fullmatch(written):
        raise ValueError('write "package.module:function"')
    return written


def own_claim(written: str) -> str:
    """Return the name of a claim of the operator's own."""
    if not _CLAIM.fullmatch(written):
        raise ValueError("the name of a claim is letters, digits and ._:/- and has no space")
    if written in DEFINED_CLAIMS:
        raise ValueError(f"{written} is defined by OpenID Connect or JWT: name it otherwise")
    return written


def allowed_host(written: str) -> str:
    """Return a host that outgoing requests may reach wherever it is: "host" or "host:port", or
    plain http to a port of this machine."""
    host, colon, port = written.removeprefix("http://").rpartition(":")
    if not colon or not port.isdigit():
        host, port = written.removeprefix("http://"), ""
    if not _HOST.fullmatch(host) or (port and not 0 < int(port) <= _LAST_PORT):
        raise ValueError(
            'write "host" or "host:port" in small letters, such as "rp.internal:8443"'
        )
    if written.startswith("http://") and not (port and is_loopback(host)):
        raise ValueError("plain http is for a named port of this machine only")
    return written


def listening_address(written: str) -> str:
    """Return an address to listen at, as "127.0.0.1:9464" or "[::1]:9464"."""
    host, _, port = written.rpartition(":")
    try:
        ip_address(host[1:-1] if host.startswith("[") else host)
    except ValueError:
        port = ""
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) <= _LAST_PORT:
        raise ValueError('write an address and a port: "127.0.0.1:9464" or "[::1]:9464"')
    return written


def is_loopback(host: str) -> bool:
    """Return whether `host` can be reached from this machine only (RFC 6761 §6.3)."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def issuer(written: str) -> str:
    """Return an issuer identifier that clients can compare byte by byte.

    OpenID Connect Discovery §3 and RFC 8414 §2: https, no query, no fragment.
    Stricter: no trailing slash, no capital letters in the host and no default port, since
    each of them makes two spellings of one issuer.
    """
    if re.search(r"[^\x21-\x7e]", written):
        raise ValueError("contains a space or a character outside ASCII")
    parts = urlsplit(written)
    if not written.startswith(("https://", "http://")) or not parts.hostname:
        raise ValueError('write a full address such as "https://login.example.com"')
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or password")
    if "?" in written or "#" in written:
        raise ValueError("must not contain a query (?) or a fragment (#)")
    if written.endswith("/"):
        raise ValueError(f'must not end with a slash: write "{written.rstrip("/")}"')
    port = parts.port
    host = parts.netloc if port is None else parts.netloc.rsplit(":", 1)[0]
    if not _HOST.fullmatch(host):
        raise ValueError("has a host that is not written in small letters, digits, dots")
    if port == {"https": 443, "http": 80}[parts.scheme]:
        raise ValueError(f"must not name port {port}, which is the default")
    if not _PATH.fullmatch(parts.path) or {".", ".."} & set(parts.path.split("/")):
        raise ValueError("has a path with other characters than letters, digits and ._~-")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (http is for localhost only)")
    return written


def master_key(written: str) -> bytes:
    """Return the bytes of a secret key: base64url or hex of 32 bytes or more."""
    text = written.strip()
    try:
        if re.fullmatch(r"[0-9a-fA-F]{64,}", text, re.ASCII):
            key = bytes.fromhex(text)
        else:
            key = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), b"-_")
            if re.search(r"[^A-Za-z0-9_=-]", text, re.ASCII):
                raise ValueError
    except (ValueError, binascii.Error):
        raise ValueError("is neither base64url nor hex; make one with: signet secret") from None
    if len(key) < MASTER_KEY_BYTES or len(set(key)) < _MIN_DISTINCT_BYTES:
        raise ValueError("is too easy to guess; make one with: signet secret")
    return key


def database_url(written: str) -> str:
    """Return a SQLAlchemy URL of SQLite or PostgreSQL, the driver named."""
    scheme, separator, rest = written.strip().partition("://")
    if not separator or scheme not in _DRIVERS:
        raise ValueError(
            'write "sqlite:////var/lib/signet/signet.sqlite" or '
            '"postgresql://user:password@host/database"'
        )
    if scheme == "sqlite" and rest in ("", "/", "/:memory:"):
        raise ValueError("must be a file: a database in memory is gone with its process")
    return f"{_DRIVERS[scheme]}://{rest}"
