"""An API in FastAPI."""

from typing import Annotated

from fastapi import Depends, FastAPI, Security

from provider.resource_server import AccessToken, AsyncVerifier, require
from provider.resource_server.fastapi import Authorized, register
from tests.resource_server.examples import running


def create_app(verifier: AsyncVerifier) -> FastAPI:
    """Return the API."""
    app = FastAPI(title="Notes")
    register(app, verifier, scopes_supported=["notes:read"])
    authorized = Authorized(verifier)
    stepped_up = Authorized(verifier, require(acr="urn:example:two-factors", max_age=300))

    @app.get("/notes")
    async def notes(
        token: Annotated[AccessToken, Security(authorized, scopes=["notes:read"])],
    ) -> dict[str, str]:
        return {"subject": token.subject}

    @app.get("/account")
    def account(token: Annotated[AccessToken, Depends(stepped_up)]) -> dict[str, str]:
        return {"subject": token.subject}

    return app


if __name__ == "__main__":
    running.serve_asgi(create_app(running.async_verifier()))
