"""Status lists as a resource server reads them (draft-ietf-oauth-status-list-21 §8.3), with
nothing of the provider: fetched, verified, inflated and looked into bit by bit.
"""

import zlib
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from tests.support import jwt, wire
from tests.support.wire import Answer

MEDIA_TYPE = "application/statuslist+jwt"
LARGEST = 2**22
VALID, INVALID, SUSPENDED = 0, 1, 2


@dataclass(frozen=True)
class ResourceServer:
    """An API that knows its issuer and nothing else."""

    app: WSGIApplication
    issuer: str

    def fetch_raw(self, uri: str, **headers: str) -> Answer:
        """Ask for a list and return whatever comes back."""
        return wire.get(self.app, uri, headers={"Accept": MEDIA_TYPE, **headers})

    def fetch(self, uri: str) -> dict[str, Any]:
        """Return the claims of a list that kept every rule."""
        answer = self.fetch_raw(uri)
        assert answer.status == 200, answer.body
        assert answer.content_type == MEDIA_TYPE
        token = answer.text
        assert jwt.header_of(token)["typ"] == "statuslist+jwt"
        jwks = wire.get(self.app, f"{self.issuer}/jwks").json
        claims = jwt.verified(token, jwks)
        assert claims["sub"] == uri
        assert type(claims["iat"]) is int
        assert claims["ttl"] > 0
        return claims

    def status_of(self, access_token: str) -> int:
        """Return what the list says of a token now."""
        reference = reference_of(access_token)
        return entry(self.fetch(reference["uri"]), reference["idx"])


def reference_of(access_token: str) -> dict[str, Any]:
    """Return the `status_list` member of a token (§6.2)."""
    status = jwt.claims_of(access_token)["status"]
    assert set(status) == {"status_list"}
    found = status["status_list"]
    assert set(found) == {"idx", "uri"}
    assert type(found["idx"]) is int
    assert found["idx"] >= 0
    return dict(found)


def inflated(claims: dict[str, Any]) -> bytes:
    """Return the byte array of a list (§4.1), no larger than anybody needs."""
    return zlib.decompressobj().decompress(jwt.decode(claims["status_list"]["lst"]), LARGEST)


def entry(claims: dict[str, Any], index: int) -> int:
    """Return one status: counted from the lowest bit of the first byte."""
    bits = int(claims["status_list"]["bits"])
    place = index * bits
    return inflated(claims)[place // 8] >> place % 8 & (1 << bits) - 1
