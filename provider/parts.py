"""The roles a part can play, and the features that list them. A part is anything named
in `features`; each role is asked at one declared call site, so a new feature is new
files and one line. Metadata is the sum of what the parts say of themselves."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from provider.context import Context
    from provider.http import Request, Response
    from provider.model.account import Account
    from provider.model.authorization_request import AuthorizationRequest
    from provider.model.client import Client

Metadata = Mapping[str, Any]


class Part:
    """Anything `features` names."""

    @property
    def home(self) -> str | None:
        """The module to read about it, if it has one of its own."""
        return type(self).__module__

    def metadata(self, issuer: str) -> Metadata:
        """Return the discovery entries that are true because this part is on."""
        del issuer
        return {}


class Endpoint(Part, ABC):
    """Answers requests to one URL. Asked by the route loop in `front`.

    `cors`: None, "public" (anyone may read) or "client" (origins of registered redirect
    URIs). `read_only`: the transaction never writes. `for_people`: errors are pages.
    """

    path: ClassVar[str]
    methods: ClassVar[tuple[str, ...]] = ("POST",)
    name: ClassVar[str | None] = None
    specs: ClassVar[tuple[str, ...]] = ()
    cors: ClassVar[str | None] = None
    read_only: ClassVar[bool] = False
    for_people: ClassVar[bool] = False

    @abstractmethod
    def respond(self, ctx: "Context", request: "Request") -> "Response":
        """Answer, or raise a ProtocolError."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the endpoint's URL under its registered name."""
        return {self.name: issuer + self.path} if self.name else {}


class ClientAuthMethod(Part, ABC):
    """One registered method of client authentication. Asked by
    `authorization_server.authenticate_client`."""

    method: ClassVar[str]

    @abstractmethod
    def is_presented(self, request: "Request") -> bool:
        """Return whether the request carries credentials of this method."""

    @abstractmethod
    def authenticate(self, ctx: "Context", request: "Request") -> "Client":
        """Return the client that proved itself. Raises InvalidClient."""

    def metadata(self, issuer: str) -> Metadata:
        """Return the method for the token endpoint."""
        del issuer
        return {"token_endpoint_auth_methods_supported": [self.method]}


class RequestSource(Part, ABC):
    """May hold the real parameters of an authorization request (RFC 9126, RFC 9101).
    Asked by `authorization_server.get_authorization_grant`."""

    @abstractmethod
    def resolve(self, ctx: "Context", parameters: Any) -> Any:
        """Return the parameters to use instead, or the same."""


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

    scope: ClassVar[str]
    claims: ClassVar[tuple[str, ...]] = ()

    def reveal(self, account: "Account") -> dict[str, Any]:
        """Return the claims of `account` under this scope that have a value."""
        return {name: account.claims[name] for name in self.claims if name in account.claims}

    def metadata(self, issuer: str) -> Metadata:
        """Return the scope and its claims."""
        del issuer
        return {"scopes_supported": [self.scope], "claims_supported": list(self.claims)}


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


class Fact(Part):
    """Metadata that is true because the feature is on and that no other part states."""

    home = None

    def __init__(self, **entries: Any) -> None:
        self._entries = entries

    def metadata(self, issuer: str) -> Metadata:
        """Return the entries."""
        del issuer
        return self._entries


@dataclass(frozen=True)
class Feature:
    """One specification we speak: its name for people, where it is written, its parts.

    `spec` names the document as people cite it; `carried_by` the modules of `provider`
    that speak it where no part does.
    """

    name: str
    spec: str
    parts: tuple[Part, ...] = ()
    carried_by: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ("oauth21", "openid")

    def files(self) -> list[str]:
        """Return where to read it, below `provider/`."""
        modules = (part.home for part in self.parts)
        paths = [name.removeprefix("provider.").replace(".", "/") for name in modules if name]
        return list(dict.fromkeys(f"{path}.py" for path in (*paths, *self.carried_by)))


P = TypeVar("P", bound=Part)


class Parts:
    """The parts that are on, by role."""

    def __init__(self, features: Iterable[Feature]) -> None:
        self.features = tuple(features)
        self._parts = tuple(part for feature in self.features for part in feature.parts)
        self._playing: dict[type[Part], tuple[Any, ...]] = {}

    def playing(self, role: type[P]) -> tuple[P, ...]:
        """Return the parts that play `role`, in the order they are listed."""
        found = self._playing.get(role)
        if found is None:
            found = tuple(part for part in self._parts if isinstance(part, role))
            self._playing[role] = found
        return found

    def metadata(self, issuer: str) -> dict[str, Any]:
        """Return the discovery document: lists united, scalars agreeing, absent absent."""
        total: dict[str, Any] = {"issuer": issuer}
        for part in self._parts:
            for name, value in part.metadata(issuer).items():
                if isinstance(value, (list, tuple)):
                    merged = dict.fromkeys([*total.get(name, ()), *value])
                    total[name] = list(merged)
                elif total.setdefault(name, value) != value:
                    raise ValueError(f"two parts disagree about {name}")
        return total
