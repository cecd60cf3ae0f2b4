"""Applications that register themselves: what they send to `/register` and below."""

from dataclasses import dataclass
from typing import Any

import flask
import orjson

from provider.context import Provider
from provider.credentials import opaque
from provider.store import registration_tokens
from provider.store.registration_tokens import RegistrationToken
from provider.store.unit_of_work import transaction
from tests.support import wire
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.wire import Answer

CALLBACK = "https://rp.example/cb"


def metadata(**changes: Any) -> dict[str, Any]:
    """Return what a plain web application registers."""
    return {"redirect_uris": [CALLBACK], "client_name": "Notes", **changes}


def grant(provider: Provider, uses: int | None = 1, life: int = 60) -> str:
    """Return an initial access token that was just made."""
    now, value = provider.clock.now(), opaque.new(provider.entropy, "")
    with transaction(provider.engine) as tx:
        registration_tokens.add(
            tx,
            RegistrationToken(
                id=value[:8], digest=opaque.digest(value), note="", uses_left=uses,
                created_at=now, expires_at=now + life,
            ),
        )  # fmt: skip
    return value


@dataclass
class Registrar:
    """Sends registrations to a provider."""

    app: flask.Flask
    issuer: str

    def post(self, document: Any, token: str | None = None, **sent: Any) -> Answer:
        """Send a registration; `token` is an initial access token."""
        return self.send("POST", f"{self.issuer}/register", document, token, **sent)

    def register(self, **changes: Any) -> dict[str, Any]:
        """Register, and return what the provider said."""
        answer = self.post(metadata(**changes))
        assert answer.status == 201, answer.body
        assert answer.is_no_store
        return answer.json

    def manage(
        self, method: str, registered: dict[str, Any], document: Any = None, **sent: Any
    ) -> Answer:
        """Send a request to the address of a registered client, with its token."""
        token = sent.pop("token", registered["registration_access_token"])
        return self.send(method, registered["registration_client_uri"], document, token, **sent)

    def send(self, method: str, url: str, document: Any, token: str | None, **sent: Any) -> Answer:
        """Send one request with a JSON body; bytes are sent as they are."""
        headers = {"Content-Type": sent.pop("content_type", "application/json")}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return wire.send(
            self.app, method, url, headers=headers, body=b"" if document is None else body, **sent
        )


def at_work(registrar: Registrar, clock: SettableClock, body: dict[str, Any]) -> RelyingParty:
    """Return the application that an answer to a registration describes."""
    return RelyingParty(
        app=registrar.app,
        issuer=registrar.issuer,
        clock=clock,
        client_id=body["client_id"],
        secret=body.get("client_secret"),
        auth=body["token_endpoint_auth_method"],
        redirect_uri=body["redirect_uris"][0],
        id_token_alg=body["id_token_signed_response_alg"],
    )
