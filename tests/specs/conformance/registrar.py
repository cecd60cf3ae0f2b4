"""Dynamic registration as certification does it: one POST for each client, every answer checked,
and one DELETE at the end (OpenID Connect Dynamic Client Registration §3, RFC 7592)."""

import json
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import WSGIApplication

from tests.support import jwt, wire
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

CONTACT = "certification@suite.example"


@dataclass(frozen=True)
class Registered:
    """What the provider answered to a registration."""

    body: dict[str, Any]

    @property
    def address(self) -> str:
        """Where the registration can be read and removed."""
        return str(self.body["registration_client_uri"])

    @property
    def authorization(self) -> dict[str, str]:
        """The header by which it may be read and removed."""
        return {"Authorization": f"Bearer {self.body['registration_access_token']}"}


@dataclass
class Registrar:
    """Registers clients."""

    app: WSGIApplication
    issuer: str
    clock: SettableClock
    registered: list[Registered] = field(default_factory=list)

    def post(self, document: dict[str, Any]) -> Answer:
        """Send a registration and return whatever comes back."""
        configuration = wire.get(self.app, f"{self.issuer}/.well-known/openid-configuration").json
        return wire.send(
            self.app,
            "POST",
            configuration["registration_endpoint"],
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=json.dumps(document).encode(),
        )

    def refused(self, **metadata: Any) -> str:
        """Send a registration that must be refused. Return the error."""
        answer = self.post(self._document(metadata))
        assert answer.status == 400
        assert answer.is_no_store
        assert set(answer.json) <= {"error", "error_description"}
        return str(answer.json["error"])

    def register(self, **metadata: Any) -> Registered:
        """Register a client and check the answer."""
        document = self._document(metadata)
        answer = self.post(document)
        assert answer.status == 201, f"{answer.status} {answer.body!r}"
        assert answer.is_no_store
        body = answer.json
        assert "error" not in body
        assert body["client_id"]
        uses_secret = body["token_endpoint_auth_method"].startswith("client_secret")
        assert ("client_secret" in body) == uses_secret
        if uses_secret:
            assert type(body["client_secret_expires_at"]) is int
        assert body["registration_client_uri"].startswith(self.issuer)
        assert body["registration_access_token"]
        for name, value in document.items():
            assert body[name] == value, name
        registered = Registered(body)
        self.registered.append(registered)
        return registered

    def party(self, **metadata: Any) -> RelyingParty:
        """Register a client and return the relying party that is it."""
        registered = self.register(**metadata)
        body = registered.body
        return RelyingParty(
            app=self.app,
            issuer=self.issuer,
            clock=self.clock,
            client_id=body["client_id"],
            secret=body.get("client_secret"),
            auth=body["token_endpoint_auth_method"],
            key=jwt.key_for("RS256"),
            redirect_uri=body["redirect_uris"][0],
            scope="openid",
            use_pkce=False,
            id_token_alg=body.get("id_token_signed_response_alg", "RS256"),
        )

    def read(self, registered: Registered) -> Answer:
        """Read a registration."""
        return wire.get(self.app, registered.address, headers=registered.authorization)

    def remove(self, registered: Registered) -> None:
        """Remove a client."""
        headers = registered.authorization
        answer = wire.send(self.app, "DELETE", registered.address, headers=headers)
        assert answer.status == 204
        assert answer.body == b""

    def remove_all(self) -> None:
        """Remove every client."""
        while self.registered:
            self.remove(self.registered.pop())

    @staticmethod
    def _document(metadata: dict[str, Any]) -> dict[str, Any]:
        by_value = {"jwks": jwt.public_set(jwt.key_for("RS256"))}
        wanted = {
            "client_name": "Certification",
            "contacts": [CONTACT],
            "token_endpoint_auth_method": "client_secret_basic",
            **({} if "jwks_uri" in metadata else by_value),
            **metadata,
        }
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in wanted.items()
            if value is not None
        }
