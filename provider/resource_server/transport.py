"""Between a web framework and the verifier: how a request of any of them becomes a
`PresentedRequest`, and an `Answer` becomes bytes. Called by the integrations alone (`flask`,
`fastapi`, `starlette`, `django`, `wsgi`, `asgi`), each of which imports its framework itself.
"""

import json
import logging
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ssl import PEM_cert_to_DER_cert
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from provider.resource_server.presented import PresentedRequest
from provider.resource_server.refusal import Answer, Headers

log = logging.getLogger(__name__)

_MOST_CERTIFICATE = 16 * 1024


class Fields(Protocol):
    """The header fields of a request."""

    def __call__(self, name: str) -> Sequence[str]:
        """Return every value of a field, by its name in small letters."""
        ...


@dataclass(frozen=True, kw_only=True)
class Transport:
    """What stands between clients and this process.

    `origin`: scheme and host, with a port where it is not the usual one, that clients use, such
    as `https://api.example.com`. Choice: where it is not given it is the origin of the
    audience, and never the Host header: whoever got a DPoP proof for another server could
    write that server's name there.

    `certificate_header`: the field in which a proxy of yours passes on the client's certificate
    (RFC 8705), as RFC 9440 has it or as percent-encoded PEM. Only for a proxy that always
    removes what the client itself sent under this name; without it there are no certificates.
    """

    origin: str | None = None
    certificate_header: str | None = None

    def of(self, audience: str) -> "Transport":
        """Return the same with the origin of this API, whose identifier is `audience`."""
        return self if self.origin is not None else replace(self, origin=_origin_of(audience))

    def presented(self, method: str, target: str, fields: Fields) -> PresentedRequest:
        """Return what a request presents. `target`: its path and query, as they were sent."""
        return PresentedRequest(
            method=method,
            url=(self.origin or "") + target,
            authorization=fields("authorization"),
            dpop=fields("dpop"),
            certificate=self._certificate(fields),
        )

    def _certificate(self, fields: Fields) -> bytes | None:
        """Return the client's certificate as DER. What cannot be read counts as none, and then
        a token that is bound to one is refused."""
        if self.certificate_header is None:
            return None
        values = fields(self.certificate_header.lower())
        if len(values) != 1 or len(values[0]) > _MOST_CERTIFICATE:
            return None
        value = values[0].strip()
        try:
            if value.startswith(":") and value.endswith(":"):
                return b64decode(value[1:-1], validate=True) or None
            return PEM_cert_to_DER_cert(unquote(value).strip())
        except (NotBase64, ValueError):
            return None


DIRECT = Transport()
"""Nothing known beside the audience."""


def document(metadata: dict[str, Any]) -> tuple[Headers, bytes]:
    """Return the protected resource metadata (RFC 9728 §3.2) as it is served: to everybody, also
    to scripts of other origins, which have to find the issuer."""
    about = (
        ("Content-Type", "application/json"),
        ("Cache-Control", "public, max-age=3600"),
        ("Access-Control-Allow-Origin", "*"),
    )
    return about, json.dumps(metadata).encode()


def rendered(answer: Answer) -> tuple[int, Headers, bytes]:
    """Return status, headers and body of an answer, and tell the log why it is given."""
    log.info("answered %d: %s", answer.status, answer.reason)
    if not answer.body:
        return answer.status, answer.headers, b""
    about = ("Content-Type", "application/json")
    return answer.status, (*answer.headers, about), json.dumps(answer.body).encode()


def _origin_of(audience: str) -> str:
    parts = urlsplit(audience)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("https", "http") else ""
