"""What a request must hold whose response carries an ID token: the scope `openid` and a
`nonce`, by which the client knows the token for the answer to its own request (OpenID
Connect Core §3.2.2.1, §3.3.2.11)."""

from provider.context import Context
from provider.errors import InvalidRequest, InvalidScope
from provider.http import Parameters
from provider.model.authorization_request import AuthorizationRequest
from provider.roles import AuthorizationCheck


class FrontChannelIdToken(AuthorizationCheck):
    """An ID token from the authorization endpoint needs a nonce and the scope `openid`."""

    def check(self, ctx: Context, request: AuthorizationRequest, parameters: Parameters) -> None:
        """Raise InvalidScope or InvalidRequest where one is missing."""
        del ctx, parameters
        if "id_token" not in request.returns:
            return
        if "openid" not in request.scopes:
            raise InvalidScope("A response_type with id_token needs the scope openid.")
        if request.nonce is None:
            raise InvalidRequest("A response_type with id_token needs a nonce.")
