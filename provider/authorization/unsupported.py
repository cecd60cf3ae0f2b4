"""Parameters of features that are not on. A client that sends one relies on it, so it is
told (OpenID Connect Core §7.2.1) instead of being ignored."""

from provider.context import Context
from provider.errors import RegistrationNotSupported
from provider.http import Parameters
from provider.model.authorization_request import AuthorizationRequest
from provider.roles import AuthorizationCheck


class NoRegistration(AuthorizationCheck):
    """No registration by request."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Parameters) -> None:
        """Raise the error registered for the parameter."""
        del ctx, request
        if "registration" in parameters:
            raise RegistrationNotSupported
