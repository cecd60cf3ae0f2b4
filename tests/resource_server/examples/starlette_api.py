"""An API in Starlette."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from provider.resource_server import AsyncVerifier, require
from provider.resource_server.starlette import metadata, protect
from tests.resource_server.examples import running


def create_app(verifier: AsyncVerifier) -> Starlette:
    """Return the API."""

    @protect(verifier, require("notes:read"))
    async def notes(request: Request) -> JSONResponse:
        return JSONResponse({"subject": request.state.access_token.subject})

    @protect(verifier, require(acr="urn:example:two-factors", max_age=300))
    def account(request: Request) -> JSONResponse:
        return JSONResponse({"subject": request.state.access_token.subject})

    return Starlette(
        routes=[
            Route("/notes", notes),
            Route("/account", account),
            metadata(verifier, scopes_supported=["notes:read"]),
        ]
    )


if __name__ == "__main__":
    running.serve_asgi(create_app(running.async_verifier()))
