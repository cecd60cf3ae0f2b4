"""The authorization code grant (RFC 6749 §4.1 with RFC 7636, OpenID Connect Core §3.1):
both of its doors. At the authorization endpoint it does what `authorizing` says; at the
token endpoint it redeems a code. A failed check there undoes the redemption (Choice: a
thief who lacks the verifier must not be able to burn the code).

A token request may leave out `redirect_uri` where PKCE binds the code, as OAuth 2.1 has it
(draft-ietf-oauth-v2-1 §10, "Redirect URI Parameter in Token Request"): the right verifier
proves more than the address does. One that is sent is compared, and without PKCE it is due.
Departs: OpenID Connect Core §3.1.3.2 lets a provider go on without it where one address is
registered; here PKCE binds the code, however many there are."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from provider.authorization import pkce, resource, scope
from provider.credentials import authorization_code
from provider.errors import InvalidGrant, InvalidRequest
from provider.grants.authorizing import Authorizing
from provider.grants.issuing import AUTH_METHODS, TokenResponse, issue
from provider.http import Parameters
from provider.model.authorization import Authorization, CodeBinding
from provider.model.client import Client


class AuthorizationCode(Authorizing, AuthorizationCodeGrant):
    """`grant_type=authorization_code` and `response_type=code`."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def query_authorization_code(self, code: str, client: Client) -> Authorization:
        """Redeem the code, provisionally."""
        ctx = self.request.ctx
        named = self.request.payload.parameters.get("redirect_uri")
        if named is None and ctx.settings.policy.redirect_uri_in_token_request:
            raise _lacks_redirect_uri()
        authorization, self._fresh = authorization_code.redeem(ctx, client, code)
        if named is None:
            self._take_as_bound(authorization.code)
        return authorization

    def _take_as_bound(self, binding: CodeBinding | None) -> None:
        """Let the request name the address that its code went to, which the verifier that must
        come along proves. Raises InvalidRequest where the code has no challenge."""
        if binding is None or binding.code_challenge is None:
            raise _lacks_redirect_uri()
        payload = self.request.payload
        sent = {**payload.parameters.as_lists(), "redirect_uri": [binding.redirect_uri]}
        self.request.payload = type(payload)(Parameters.from_lists(sent))

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


def _lacks_redirect_uri() -> InvalidRequest:
    return InvalidRequest("The redirect_uri parameter is missing.")
