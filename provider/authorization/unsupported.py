"""Parameters of features that are not on. A client that sends one relies on it, so it is
told (OpenID Connect Core §6, §7.2.1) instead of being ignored."""

from provider.context import Context
from provider.errors import (
    ProtocolError,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
)
from provider.http import Parameters
from provider.model.authorization_request import AuthorizationRequest
from provider.parts import AuthorizationCheck, Metadata

_ERRORS: dict[str, type[ProtocolError]] = {
    "request": RequestNotSupported,
    "request_uri": RequestUriNotSupported,
    "registration": RegistrationNotSupported,
}


class NoRequestObject(AuthorizationCheck):
    """No request object, by value or by reference, and no registration by request."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Parameters) -> None:
        """Raise the error registered for the parameter."""
        del ctx, request
        for name, error in _ERRORS.items():
            if name in parameters:
                raise error

    def metadata(self, issuer: str) -> Metadata:
        """Return what is off; `request_uri` would count as on if absent (Discovery §3)."""
        del issuer
        return {
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "claims_parameter_supported": False,
        }
