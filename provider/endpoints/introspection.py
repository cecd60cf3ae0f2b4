"""Introspection (RFC 7662): a resource server asks whether a token is active. Everything
that is not active for this caller is answered with the same three words. Signed (RFC 9701)
where the caller registered an algorithm, or asks for it by `Accept`; and then encrypted,
where it registered that."""

from provider.authorization_server import AuthorizationServer
from provider.context import Context
from provider.credentials import encrypting, issued, signing
from provider.errors import InvalidRequest
from provider.http import Request, Response
from provider.keys.purposes import INTROSPECTION
from provider.model.client import Client
from provider.parts import Metadata
from provider.roles import Endpoint

SIGNED = "application/token-introspection+jwt"


class Introspection(Endpoint):
    """Describes a token to a client that may know of it."""

    path = "/introspect"
    name = "introspection_endpoint"
    specs = ("RFC 7662 section 2", "RFC 9701 section 4")

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def respond(self, ctx: Context, request: Request) -> Response:
        """Return the description, or that the token is not active."""
        parameters = ctx.request.form
        caller, _ = self._server.authenticate(ctx, request, self._auth_methods)
        value = parameters.get("token")
        if value is None:
            raise InvalidRequest("The token parameter is missing.")
        token = issued.find(ctx, value)
        described = issued.describe(ctx, token, caller) if token else None
        return _answer(ctx, request, caller, described or {"active": False})

    @property
    def _auth_methods(self) -> list[str]:
        """Every method that proves something."""
        return [method for method in self._server.auth_methods if method != "none"]

    def metadata(self, issuer: str) -> Metadata:
        """Return the URL, the methods accepted, and what assertions may be signed with."""
        return {
            **super().metadata(issuer),
            "introspection_endpoint_auth_methods_supported": self._auth_methods,
            "introspection_endpoint_auth_signing_alg_values_supported": list(
                self._server.assertion_algorithms
            ),
        }


def _answer(
    ctx: Context, request: Request, caller: Client, described: dict[str, object]
) -> Response:
    """Return the description in the form the caller wants (RFC 9701 §4, §5).

    Choice: who registered an algorithm, to sign or to encrypt, gets nothing unsigned,
    whatever `Accept` says; who registered none to sign with gets the default of §6.
    """
    alg = caller.introspection_signed_response_alg
    encryption = caller.introspection_encrypted_response_alg
    if alg is None and encryption is None and not request.prefers(SIGNED, "application/json"):
        return Response.json(described)
    claims = {
        "iss": ctx.issuer,
        "aud": caller.client_id,
        "iat": ctx.now,
        "token_introspection": described,
    }
    signed = signing.sign_for(ctx, caller, INTROSPECTION, claims, alg)
    enc, typ = caller.introspection_encrypted_response_enc, INTROSPECTION.typ
    token = encrypting.for_client(ctx, caller, signed, encryption, enc, typ=typ)
    return Response.jwt(token, SIGNED)
