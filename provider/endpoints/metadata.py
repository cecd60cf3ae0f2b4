"""Discovery (OpenID Connect Discovery §4, RFC 8414 §3): the sum of the parts that are
on, at both well-known addresses, served from memory. There are no key names here."""

from hashlib import sha256

import orjson

from provider.context import Provider
from provider.document import Document
from provider.keys.snapshot import Published

MAX_AGE = 300
"""Seconds for which discovery may be kept: how soon a client sees what was switched on."""


class Metadata(Document):
    """Serves the discovery document."""

    specs = ("OpenID Connect Discovery 1.0 section 4", "RFC 8414 section 3")
    max_age = MAX_AGE

    def __init__(self, path: str) -> None:
        self.path = path  # type: ignore[misc]
        self._published: Published | None = None

    def published(self, provider: Provider, now: int) -> Published:
        """Return the document, which is the same for as long as the process serves."""
        del now
        if self._published is None:
            body = orjson.dumps(provider.metadata, option=orjson.OPT_INDENT_2)
            self._published = Published(body, f'"{sha256(body).hexdigest()[:32]}"')
        return self._published


def well_known_paths(issuer_path: str) -> tuple[str, ...]:
    """Return where the document of an issuer with this path stands, as absolute paths.

    Appended for OpenID Connect, inserted for RFC 8414 §3.1; both names at both places.
    """
    names = ("openid-configuration", "oauth-authorization-server")
    appended = [f"{issuer_path}/.well-known/{name}" for name in names]
    inserted = [f"/.well-known/{name}{issuer_path}" for name in names]
    return tuple(dict.fromkeys([*appended, *inserted]))
