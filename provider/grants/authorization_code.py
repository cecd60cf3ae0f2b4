"""The authorization code grant (RFC 6749 §4.1 with RFC 7636, OpenID Connect Core §3.1):
both of its doors. At the authorization endpoint it does what `authorizing` says; at the
token endpoint it redeems a code. A failed check there undoes the redemption (Choice: a
thief who lacks the verifier must not be able to burn the code)."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from provider.authorization import pkce, resource, scope
from provider.credentials import authorization_code
from provider.errors import InvalidGrant, InvalidRequest
from provider.grants.authorizing import Authorizing
from provider.grants.issuing import AUTH_METHODS, TokenResponse, issue
from provider.model.authorization import Authorization
from provider.model.client import Client


class AuthorizationCode(Authorizing, AuthorizationCodeGrant):
    """`grant_type=authorization_code` and `response_type=code`."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def query_authorization_code(self, code: str, client: Client) -> Authorization:
        """Redeem the code, provisionally."""
        if len(self.request.payload.parameters.get("redirect_uri") or "") == 0:
            raise InvalidRequest("The redirect_uri parameter is missing.")
        authorization, self._fresh = authorization_code.redeem(self.request.ctx, client, code)
        return authorization

    def validate_token_request(self) -> None:
        """Check what the code is bound to, then whether it was fresh."""
        super().validate_token_request()
        authorization: Authorization = self.request.authorization_code
        binding = authorization.code
        client: Client = self.request.client
        parameters = self.request.payload.parameters
        challenge = binding.code_challenge if binding else None
        try:
            pkce.verify(challenge, parameters.get("code_verifier"))
        except InvalidGrant as error:
            authorization_code.note_misuse(
                self.request.ctx, client, authorization, error.description
            )
            raise
        authorization_code.refuse_unless_fresh(
            self.request.ctx, client, authorization, fresh=self._fresh
        )
        if not client.check_redirect_uri(parameters.get("redirect_uri") or ""):
            reason = "The redirect_uri is no longer registered for this client."
            authorization_code.note_misuse(self.request.ctx, client, authorization, reason)
            raise InvalidGrant(reason)
        self._scopes = scope.kept(client, authorization.scopes)
        self._resources = resource.narrowed(
            client, authorization.resources, parameters.getlist("resource")
        )

    def create_token_response(self) -> TokenResponse:
        """Turn the redeemed authorization into tokens."""
        authorization: Authorization = self.request.authorization_code
        return issue(
            self.request.ctx,
            self.request.client,
            authorization,
            scopes=self._scopes,
            resources=self._resources,
            nonce=authorization.code.nonce if authorization.code else None,
        )
