"""An API in Flask."""

from flask import Flask, g

from provider.resource_server import Verifier, require
from provider.resource_server.flask import metadata, protect
from tests.resource_server.examples import running


def create_app(verifier: Verifier) -> Flask:
    """Return the API."""
    app = Flask(__name__)
    app.register_blueprint(metadata(verifier, scopes_supported=["notes:read"]))

    @app.get("/notes")
    @protect(verifier, require("notes:read"))
    def notes() -> dict[str, str]:
        return {"subject": g.access_token.subject}

    @app.get("/account")
    @protect(verifier, require(acr="urn:example:two-factors", max_age=300))
    async def account() -> dict[str, str]:
        return {"subject": g.access_token.subject}

    return app


if __name__ == "__main__":
    running.serve_wsgi(create_app(running.verifier()))
