"""The roles a part can play, each a small abstract class that is asked at one declared call
site, so a new feature is new files and one line in `features`. A part may play several."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from provider.parts import Metadata, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provider.context import Context
    from provider.http import Request, Response
    from provider.keys.purposes import Purpose
    from provider.model.account import Account
    from provider.model.authorization_request import AuthorizationRequest, SingleUse
    from provider.model.client import Client
    from provider.model.session import Session


class Endpoint(Part, ABC):
    """Answers requests to one URL. Asked by the route loop in `front`.

    `cors`: None, "public" (anyone may read) or "client" (origins of registered redirect
    URIs). `read_only`: the transaction never writes. `for_people`: errors are pages.
    `from_memory`: what is known is enough to answer, so it waits for no turn.
    """

    path: ClassVar[str]
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    name: ClassVar[str | None] = None
    specs: ClassVar[tuple[str, ...]] = ()
    cors: ClassVar[str | None] = None
    read_only: ClassVar[bool] = False
    for_people: ClassVar[bool] = False
    from_memory: ClassVar[bool] = False

    @abstractmethod
    def respond(self, ctx: "Context", request: "Request") -> "Response":
        """Answer, or raise a ProtocolError."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the endpoint's URL under its registered name."""
        return {self.name: issuer + self.path} if self.name else {}


class ClientAuthMethod(Part, ABC):
    """One registered method of client authentication, or, where `method` is None, what
    several have in common. Asked by `authorization_server.authenticate_client`."""

    method: ClassVar[str | None]

    @abstractmethod
    def is_presented(self, request: "Request") -> bool:
        """Return whether the request carries credentials of this method."""

    @abstractmethod
    def authenticate(self, ctx: "Context", request: "Request") -> "Client":
        """Return the client that proved itself. Raises InvalidClient."""

    def method_of(self, client: "Client") -> str:
        """Return the registered method by which `authenticate` took this client."""
        del client
        return str(self.method)

    def metadata(self, issuer: str) -> Metadata:
        """Return the method for the token endpoint, if it is one."""
        del issuer
        return {"token_endpoint_auth_methods_supported": [self.method]} if self.method else {}


class AssertionMethod(Part, ABC):
    """Whose key signs the assertions by which a client authenticates (RFC 7523 §2.2). Asked
    by `client_auth.assertion` for the method that the client registered."""

    method: ClassVar[str]
    algorithms: ClassVar[tuple[str, ...]]

    @abstractmethod
    def verify(
        self, ctx: "Context", client: "Client", assertion: str, audience: list[str]
    ) -> dict[str, Any]:
        """Return the claims of a genuine assertion. Raises InvalidClient."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the method and the algorithms an assertion may be signed with."""
        del issuer
        return {
            "token_endpoint_auth_methods_supported": [self.method],
            "token_endpoint_auth_signing_alg_values_supported": list(self.algorithms),
        }


class Signer(Part, ABC):
    """Signs what clients receive, in one family of algorithms. Asked by
    `credentials.signing`."""

    @abstractmethod
    def algorithms(self, purpose: "Purpose") -> list[str]:
        """Return the algorithms offered for this kind of token, the default one first."""

    def serves(self, client: "Client", now: int) -> bool:
        """Return whether there is what it takes to sign for this client."""
        del client, now
        return True

    @abstractmethod
    def sign(
        self,
        ctx: "Context",
        client: "Client",
        purpose: "Purpose",
        claims: Mapping[str, Any],
        alg: str,
    ) -> str:
        """Return the JWT."""

    def recognise(self, ctx: "Context", token: str) -> dict[str, Any] | None:
        """Return the claims of an ID token of this family, even an expired one, else None."""
        del ctx, token
        return None


class RequestSource(Part, ABC):
    """May hold the real parameters of an authorization request (RFC 9126, RFC 9101).
    Asked by `authorization_server.get_authorization_grant`, once for each request."""

    @abstractmethod
    def resolve(self, ctx: "Context", parameters: Any) -> "tuple[Any, SingleUse | None]":
        """Return the parameters to use instead, or the same, and what the answer uses up."""

    def require(self, client: "Client", parameters: Any) -> None:
        """Raise a ProtocolError where `client` must use this source and, by the parameters
        as they came, does not."""
        del client, parameters


class RequestObjectProof(Part, ABC):
    """One way in which a request object is protected. Asked by
    `authorization.request_object`."""

    algorithms: ClassVar[tuple[str, ...]]

    @abstractmethod
    def claims(self, ctx: "Context", client: "Client", token: str) -> dict[str, Any]:
        """Return what the client says in `token`. Raises InvalidJwt."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the algorithms."""
        del issuer
        return {"request_object_signing_alg_values_supported": list(self.algorithms)}


class AuthorizationCheck(Part, ABC):
    """One rule an authorization request must meet. Asked by `authorization.check_all`."""

    @abstractmethod
    def check(self, ctx: "Context", request: "AuthorizationRequest", parameters: Any) -> None:
        """Raise a ProtocolError where the request breaks the rule."""


class ResponseMode(Part, ABC):
    """Carries response parameters back to the client. Asked by `authorization.response`."""

    mode: ClassVar[str]

    @abstractmethod
    def deliver(
        self, ctx: "Context", redirect_uri: str, parameters: Mapping[str, str]
    ) -> "Response":
        """Return the response that takes `parameters` to `redirect_uri`."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the mode."""
        del issuer
        return {"response_modes_supported": [self.mode]}


class SenderConstraint(Part, ABC):
    """Binds tokens to a key of the sender. Asked by `grants.issuing` to bind and by the
    bearer gate to verify."""

    @abstractmethod
    def confirmation(self, ctx: "Context", request: "Request") -> dict[str, Any] | None:
        """Return the `cnf` content for the key the sender proves, if any."""


class Scope(Part, ABC):
    """One scope value and the claims it reveals. Asked by `claims`."""

    scope: str
    claims: tuple[str, ...] = ()

    def reveal(self, account: "Account", client: "Client") -> dict[str, Any]:
        """Return the claims of `account` under this scope that have a value, for `client`."""
        del client
        return {name: account.claims[name] for name in self.claims if name in account.claims}

    def metadata(self, issuer: str) -> Metadata:
        """Return the scope and its claims."""
        del issuer
        return {"scopes_supported": [self.scope], "claims_supported": list(self.claims)}


class LogoutChannel(Part, ABC):
    """A way to tell clients that a session ended. Asked by `logout.ending`."""

    @abstractmethod
    def tell(
        self, ctx: "Context", session: "Session", clients: "Iterable[Client]", reason: str
    ) -> None:
        """Tell those of the clients that took part in the session and listen here."""


class SessionMark(Part, ABC):
    """Shows clients, in the browser, which session it has. Asked by
    `credentials.session_cookie`: when that may have changed, and for what a response says."""

    @abstractmethod
    def follow(self, ctx: "Context", session_value: str | None) -> list[str]:
        """Return the Set-Cookie values, if any, that make the mark that of this value of the
        session cookie; None where there is no session."""

    @abstractmethod
    def response_parameters(
        self, ctx: "Context", client: "Client", redirect_uri: str, session_value: str | None
    ) -> dict[str, str]:
        """Return what an authentication response to this address says of the session; None
        where there is none that is live."""


class Grant(Part):
    """A way of obtaining tokens: an Authlib grant class with a `GRANT_TYPE`, or with response
    types alone. Registered by `authorization_server`."""

    def __init__(self, grant_class: type[Any]) -> None:
        self.grant_class = grant_class

    @property
    def home(self) -> str:
        """The module of the grant class."""
        return self.grant_class.__module__

    def metadata(self, issuer: str) -> Metadata:
        """Return the grant type and the response types, as far as it has them."""
        del issuer
        entries: dict[str, Any] = {}
        if self.grant_class.GRANT_TYPE is not None:
            entries["grant_types_supported"] = [self.grant_class.GRANT_TYPE]
        if types := sorted(getattr(self.grant_class, "RESPONSE_TYPES", ())):
            entries["response_types_supported"] = types
        return entries
