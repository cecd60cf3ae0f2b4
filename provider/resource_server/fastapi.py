"""FastAPI: a dependency that is a security scheme, so that OpenAPI shows where tokens come from
and which scopes an operation needs. The event loop never waits for the issuer.
"""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.models import OpenIdConnect
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from provider.resource_server import starlette
from provider.resource_server.access_token import AccessToken
from provider.resource_server.async_verifier import AsyncVerifier
from provider.resource_server.refusal import Answer
from provider.resource_server.requirement import Requirement, require
from provider.resource_server.transport import DIRECT, Transport


class Authorized(SecurityBase):
    """The access token of a request: `Security(Authorized(verifier), scopes=["notes:read"])`.

    `requirement` says what else an operation asks for (`require(acr=…, max_age=…)`); scopes may
    stand in either. The application must know what to answer: see `register`.
    """

    def __init__(
        self,
        verifier: AsyncVerifier,
        requirement: Requirement | None = None,
        *,
        transport: Transport = DIRECT,
        scheme_name: str = "Signet",
        description: str | None = None,
    ) -> None:
        described = verifier.metadata()
        (issuer,) = described["authorization_servers"]
        self.model = OpenIdConnect(
            openIdConnectUrl=f"{issuer}/.well-known/openid-configuration", description=description
        )
        self.scheme_name = scheme_name
        self._verifier = verifier
        self._requirement = requirement or require()
        self._transport = transport.of(described["resource"])

    async def __call__(
        self, connection: HTTPConnection, scopes: SecurityScopes, response: Response
    ) -> AccessToken:
        """Return the token. Raises Answer."""
        wanted = self._requirement
        if scopes.scopes:
            names = dict.fromkeys((*wanted.scopes, *scopes.scopes))
            wanted = require(names, acr=wanted.acr_values, max_age=wanted.max_age)
        token = await starlette.authorized(connection, self._verifier, wanted, self._transport)
        for name, value in token.response_headers:
            response.headers.append(name, value)
        return token


def register(app: FastAPI, verifier: AsyncVerifier, **members: Any) -> None:
    """Have the application answer what is refused, and serve the protected resource metadata
    (RFC 9728) at its well-known path; `members` are added to it."""
    app.add_exception_handler(Answer, starlette.answered)
    app.router.routes.append(starlette.metadata(verifier, **members))
