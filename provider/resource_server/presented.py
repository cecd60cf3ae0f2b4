"""The request that an API was sent, in the words every framework can supply. Called by the
integrations to make it, by `verifier` to read the token from it (RFC 6750 §2.1, RFC 9449 §7.1).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

from provider.resource_server.base64url import encode

_TOKEN68 = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}


@dataclass(frozen=True, kw_only=True)
class PresentedRequest:
    """What was presented with one request.

    `url` is the address the client used, from `https:` on: DPoP proofs name it, so behind a
    proxy it is the public one. `authorization` and `dpop` hold every field of that name, not
    joined. `certificate` is the client's certificate as DER; `certificate_thumbprint` stands
    in for it where the proxy passes on only base64url(SHA-256(DER)).
    """

    method: str
    url: str
    authorization: Sequence[str] = ()
    dpop: Sequence[str] = ()
    certificate: bytes | None = None
    certificate_thumbprint: str | None = None

    @property
    def thumbprint(self) -> str | None:
        """The `x5t#S256` of the client's certificate, if it presented one (RFC 8705 §3.1)."""
        if self.certificate is not None:
            return encode(sha256(self.certificate).digest())
        return self.certificate_thumbprint


@dataclass(frozen=True)
class Credential:
    """The token of a request and the scheme it came under: `Bearer` or `DPoP`."""

    scheme: str
    token: str


class Malformed(Exception):
    """The request presents a token in a way that is an error of its own (RFC 6750 §3.1)."""


def credential_of(request: PresentedRequest) -> Credential | None:
    """Return the credential of `request`, or None where it has none. Raises Malformed.

    Stricter: the Authorization header is the only place for a token; one in the query is an
    error even beside a good header (RFC 9700 §4.3.2), and so are two headers.
    """
    if _query_has_token(request.url):
        raise Malformed("the query has access_token, which counts in the header only")
    if len(request.authorization) > 1:
        raise Malformed(f"{len(request.authorization)} Authorization headers, expected one")
    if not request.authorization:
        return None
    name, _, rest = request.authorization[0].strip(" \t").partition(" ")
    scheme = SCHEMES.get(name.lower())
    if scheme is None:
        return None
    token = rest.strip(" \t")
    if not _TOKEN68.fullmatch(token):
        raise Malformed("the Authorization header has no token of RFC 6750 §2.1")
    return Credential(scheme, token)


def _query_has_token(url: str) -> bool:
    try:
        query = urlsplit(url).query
        return "access_token" in query and any(
            name == "access_token" for name, _ in parse_qsl(query, keep_blank_values=True)
        )
    except ValueError:
        raise Malformed("the address of the request cannot be read") from None
