"""The one subclass of Authlib's authorization server. Authlib conducts: it dispatches to
grants and validates what RFC 6749 says of them. Its seams are overridden here and nowhere
else: how a request is read, how a client authenticates, how an answer is given. Errors
are raised through it, so that the door decides about the transaction."""

from contextlib import suppress
from typing import Any

from authlib.oauth2 import AuthorizationServer as AuthlibServer
from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request

from provider.authorization.response import NoReturnAddress, ReturnAddress, prove
from provider.context import Context
from provider.credentials import encrypting
from provider.errors import (
    InvalidClient,
    InvalidRequest,
    ProtocolError,
    UnsupportedGrantType,
    UnsupportedResponseType,
)
from provider.http import Parameters, Request, Response
from provider.model.account import Account
from provider.model.authorization_request import AuthorizationRequest, StoredRequest
from provider.model.client import Client
from provider.model.response_type import canonical
from provider.model.session import Session
from provider.parts import Parts
from provider.roles import AssertionMethod, ClientAuthMethod, Grant, RequestSource

_SETTLED = "https://issuer"


class Payload(OAuth2Payload):
    """The parameters of a request, in the shape Authlib asks for."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters

    @property
    def data(self) -> dict[str, str]:
        """The single values."""
        return self.parameters.as_dict()

    @property
    def datalist(self) -> dict[str, list[str]]:
        """All values."""
        return self.parameters.as_lists()

    @property
    def response_type(self) -> str:
        """The words of `response_type`, in the order in which we compare them."""
        return canonical(self.parameters.get("response_type") or "")


class ProtocolRequest(OAuth2Request):
    """One request with its context. Transport security is a matter of the issuer, settled
    at start, not of what a proxy in between says of the connection; so Authlib, which would
    take every request's address apart to see whether it is https, is given one that is."""

    def __init__(
        self, ctx: Context, parameters: Parameters, stored: StoredRequest | None = None
    ) -> None:
        super().__init__(ctx.request.method, _SETTLED)
        self.ctx = ctx
        self.is_resolved = stored is not None
        self.single_use = stored.single_use if stored else None
        self.headers = ctx.request.headers
        self.payload = Payload(parameters)
        self.return_address: ReturnAddress | None = None
        self.authorization_request: AuthorizationRequest | None = None

    @property
    def form(self) -> dict[str, str]:
        """The single values of the body."""
        data: dict[str, str] = self.payload.data
        return data


class AuthorizationServer(AuthlibServer):
    """Authlib's server, speaking our request, response and errors. `auth_methods` and
    `assertion_algorithms`: how clients may authenticate, and by which signatures."""

    auth_methods: tuple[str, ...] = ()
    assertion_algorithms: tuple[str, ...] = ()

    def assemble(self, parts: Parts) -> None:
        """Take up the grants and the client authentication methods that are on."""
        self._parts = parts
        self._methods = parts.playing(ClientAuthMethod)
        assertions = parts.playing(AssertionMethod)
        named = (*(one.method for one in self._methods), *(one.method for one in assertions))
        self.auth_methods = tuple(name for name in named if name is not None)
        algorithms = (alg for one in assertions for alg in one.algorithms)
        self.assertion_algorithms = tuple(dict.fromkeys(algorithms))
        for grant in parts.playing(Grant):
            self.register_grant(grant.grant_class)

    def token(self, ctx: Context) -> Response:
        """Answer a token request (RFC 6749 §3.2). Raises ProtocolError."""
        response: Response = self.create_token_response(ctx)
        return response

    def check(self, request: "ProtocolRequest") -> Any:
        """Return the grant for a checked authorization request. Raises ProtocolError.

        From the moment it is proven, the request holds the return address.
        """
        grant = self.get_authorization_grant(request)
        grant.validate_consent_request()
        return grant

    def authorize(self, grant: Any, session: Session, account: Account) -> Response:
        """Issue what the grant's request asks for, in the name of this person."""
        response: Response = self.create_authorization_response(
            grant.request, (session, account), grant
        )
        return response

    def authenticate(
        self, ctx: Context, request: Request, methods: tuple[str, ...] | list[str]
    ) -> tuple[Client, str]:
        """Return the client that proved itself, and by which method.

        Raises InvalidRequest where two methods are used at once (RFC 6749 §2.3),
        InvalidClient for everything else, in one text.
        """
        presented = [method for method in self._methods if method.is_presented(request)]
        if len(presented) > 1:
            raise InvalidRequest("More than one way of client authentication is used.")
        try:
            if not presented:
                raise InvalidClient(reason="no client authentication")
            method = presented[0]
            client = method.authenticate(ctx, request)
            name = method.method_of(client)
            if name not in methods:
                raise InvalidClient(reason=f"{name} is not accepted here")
            if not client.check_endpoint_auth_method(name, ""):
                raise InvalidClient(reason=f"the client did not register {name}")
            if client.disabled_at is not None:
                raise InvalidClient(reason="the client is disabled")
        except InvalidClient as error:
            error.extra_headers = (("WWW-Authenticate", f'Basic realm="{ctx.issuer}"'),)
            if ctx.claimed is not None:
                ctx.record_refusal(
                    "client_authentication_failed",
                    reason=error.reason,
                    client_id=ctx.claimed.client_id,
                )
            raise
        ctx.client = client
        encrypting.prepare(ctx, client)
        return client, name

    # -- the seams of Authlib ------------------------------------------------

    def create_oauth2_request(self, request: Context) -> ProtocolRequest:
        """Read a token request: the body counts, and nothing but the body."""
        if request.request.query_string:
            raise InvalidRequest("Send the parameters in the body, not in the query.")
        return ProtocolRequest(request, request.request.form)

    def authenticate_client(
        self, request: ProtocolRequest, methods: list[str], endpoint: str = "token"
    ) -> Client:
        """Authenticate the client of a grant."""
        del endpoint
        client, request.auth_method = self.authenticate(request.ctx, request.ctx.request, methods)
        return client

    def get_authorization_grant(self, request: ProtocolRequest) -> Any:
        """Find the real parameters, prove the return address, then find the grant."""
        received = request.payload.parameters
        sources = () if request.is_resolved else self._parts.playing(RequestSource)
        for source in sources:
            self._resolve(request, source, received)
        parameters = request.payload.parameters
        request.return_address, problem = prove(request.ctx, parameters)
        if problem is not None:
            raise problem
        for source in sources:
            source.require(request.return_address.client, received)
        if "response_type" not in parameters:
            raise InvalidRequest("The response_type parameter is missing.")
        for grant_class, _ in self._authorization_grants:
            if grant_class.check_authorization_endpoint(request):
                return grant_class(request, self)
        raise UnsupportedResponseType

    def _resolve(
        self, request: ProtocolRequest, source: RequestSource, received: Parameters
    ) -> None:
        """Take the real parameters from a source. Where that fails, the client is told at the
        address it sent openly, if that is one of its own."""
        try:
            parameters, single_use = source.resolve(request.ctx, request.payload.parameters)
        except ProtocolError:
            with suppress(NoReturnAddress):
                request.return_address, _ = prove(request.ctx, received)
            raise
        request.payload = Payload(parameters)
        request.single_use = single_use or request.single_use

    def get_token_grant(self, request: ProtocolRequest) -> Any:
        """Find the grant of a token request."""
        if "grant_type" not in request.payload.parameters:
            raise InvalidRequest("The grant_type parameter is missing.")
        for grant_class, _ in self._token_grants:
            if grant_class.check_token_endpoint(request):
                return grant_class(request, self)
        raise UnsupportedGrantType

    def handle_response(self, status: int, body: Any, headers: Any) -> Response:
        """Turn an answer into our response: bytes as they are, anything else as JSON."""
        if isinstance(body, bytes):
            return Response(status=status, headers=headers, body=body)
        return Response.json(body, status, headers)

    def handle_error_response(self, request: ProtocolRequest, error: Exception) -> Response:
        """Let the door answer."""
        del request
        raise error

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody: the audit trail is written where things are decided."""
