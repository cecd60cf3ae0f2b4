"""The refresh token grant (RFC 6749 §6). What a presented token means is the policy of
`credentials.refresh_token`; here the request is validated around it. Everything that may
still fail is checked before the response, so a mistake in the request costs no rotation."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from provider.authorization import resource, scope
from provider.credentials import refresh_token
from provider.errors import InvalidRequest
from provider.grants.issuing import AUTH_METHODS, TokenResponse, issue
from provider.model.authorization import Authorization
from provider.model.client import Client


class RefreshToken(RefreshTokenGrant):
    """`grant_type=refresh_token`."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def _validate_request_token(self, client: Client) -> Authorization:
        parameters = self.request.payload.parameters
        value = parameters.get("refresh_token")
        if value is None:
            raise InvalidRequest("The refresh_token parameter is missing.")
        is_final = not ("scope" in parameters or "resource" in parameters)
        return refresh_token.present(self.request.ctx, client, value, is_final=is_final)

    def _validate_token_scope(self, token: Authorization) -> None:
        parameters = self.request.payload.parameters
        client: Client = self.request.client
        self._scopes = scope.narrowed(client, token.scopes, parameters.get("scope"))
        self._resources = resource.narrowed(
            client, token.resources, parameters.getlist("resource")
        )

    def create_token_response(self) -> TokenResponse:
        """Issue for the scopes and resources asked, which the family is not narrowed to."""
        return issue(
            self.request.ctx,
            self.request.client,
            self.request.refresh_token,
            scopes=self._scopes,
            resources=self._resources,
        )
