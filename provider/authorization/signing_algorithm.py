"""Whether the ID token that a request is about can be signed at all, asked before anybody
signs in for it. OpenID Connect Core §2 allows the algorithm `none` only where the token
comes from the token endpoint."""

from provider.context import Context
from provider.credentials import signing
from provider.errors import UnauthorizedClient
from provider.http import Parameters
from provider.keys.purposes import ID_TOKEN
from provider.model.authorization_request import AuthorizationRequest
from provider.roles import AuthorizationCheck


class SigningAlgorithm(AuthorizationCheck):
    """The client's algorithm for ID tokens is offered, and fits where they come from."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Parameters) -> None:
        """Raise UnauthorizedClient where it is not or does not."""
        del parameters
        if "openid" not in request.scopes:
            return
        alg = request.client.id_token_signed_response_alg
        if alg == "none" and "id_token" in request.returns:
            raise UnauthorizedClient("Unsigned ID tokens come from the token endpoint only.")
        signing.signer_for(ctx, request.client, ID_TOKEN, alg)
