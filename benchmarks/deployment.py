"""What a load generator has to know of a provider that runs: where it is, which clients are
registered, and the cookie of a browser that is signed in. Travels as JSON to the process that
makes the load."""

from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class SecretClient:
    """A confidential web application with `client_secret_basic`, all grants and consent given."""

    client_id: str
    secret: str
    redirect_uri: str
    scope: str


@dataclass(frozen=True, kw_only=True)
class SigningClient:
    """A machine with `private_key_jwt` and the client credentials grant."""

    client_id: str
    jwk: dict[str, Any]
    alg: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A running provider, arranged for the scenarios. `cookie` is the whole Cookie header of the
    browser; `cookie_to_revoke` likewise, where every authorization can be revoked by itself."""

    issuer: str
    application: SecretClient
    machine: SigningClient
    machine_scope: str
    cookie: str
    cookie_to_revoke: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Self:
        return cls(
            **{
                **document,
                "application": SecretClient(**document["application"]),
                "machine": SigningClient(**document["machine"]),
            }
        )

    def require_loopback(self) -> None:
        """Load is made on this machine only."""
        if urlsplit(self.issuer).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(f"{self.issuer} is not on this machine")
