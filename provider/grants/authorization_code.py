"""The authorization code grant (RFC 6749 §4.1 with RFC 7636, OpenID Connect Core §3.1):
both of its doors. At the authorization endpoint it checks the request and issues a code;
at the token endpoint it redeems one. A failed check there undoes the redemption
(Choice: a thief who lacks the verifier must not be able to burn the code)."""

from typing import ClassVar

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant

from provider.ambient import identifier
from provider.authorization import pkce, resource
from provider.authorization.check_all import check_all
from provider.authorization.response import ReturnAddress
from provider.context import Context
from provider.credentials import authorization_code, refresh_token
from provider.errors import InvalidRequest, LoginRequired, UnauthorizedClient
from provider.grants.issuing import AUTH_METHODS, TokenResponse, issue
from provider.model.account import Account
from provider.model.authorization import Authorization, CodeBinding
from provider.model.authorization_request import AuthorizationRequest
from provider.model.client import Client
from provider.model.session import Session
from provider.store import sessions


class AuthorizationCode(AuthorizationCodeGrant):
    """`grant_type=authorization_code` and `response_type=code`."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = list(AUTH_METHODS)

    def validate_authorization_request(self) -> str:
        """Check the request once and keep it. Returns the redirect URI."""
        ctx: Context = self.request.ctx
        address: ReturnAddress = self.request.return_address
        if self.request.authorization_request is None:
            response_type = self.request.payload.response_type
            if not address.client.check_response_type(response_type):
                raise UnauthorizedClient("The client may not use this response_type.")
            self.request.client = address.client
            self.request.authorization_request = check_all(
                ctx, address, response_type, self.request.payload.parameters
            )
        return address.redirect_uri

    def create_authorization_response(
        self, redirect_uri: str, grant_user: tuple[Session, Account]
    ) -> tuple[int, bytes, list[tuple[str, str]]]:
        """Issue a code for the person who decided and send it to the client."""
        del redirect_uri
        ctx: Context = self.request.ctx
        session, account = grant_user
        request: AuthorizationRequest = self.request.authorization_request
        if not sessions.hold(ctx.tx, session.id):
            raise LoginRequired("The session ended while the request was decided.")
        authorization = _state(ctx, request, session, account)
        code = authorization_code.issue(ctx, authorization)
        ctx.record(
            "authorization_granted",
            account_id=account.id,
            client_id=request.client.client_id,
            authorization_id=authorization.id,
            session_id=session.id,
        )
        address: ReturnAddress = self.request.return_address
        response = address.success(ctx, {"code": code})
        return response.status, response.body, response.headers

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
        parameters = self.request.payload.parameters
        pkce.verify(binding.code_challenge if binding else None, parameters.get("code_verifier"))
        self._resources = resource.narrowed(
            authorization.resources, parameters.getlist("resource")
        )
        authorization_code.refuse_unless_fresh(self.request.ctx, authorization, fresh=self._fresh)

    def create_token_response(self) -> TokenResponse:
        """Turn the redeemed authorization into tokens."""
        authorization: Authorization = self.request.authorization_code
        return issue(
            self.request.ctx,
            self.request.client,
            authorization,
            scopes=authorization.scopes,
            resources=self._resources,
            nonce=authorization.code.nonce if authorization.code else None,
        )


def _state(
    ctx: Context, request: AuthorizationRequest, session: Session, account: Account
) -> Authorization:
    """State the authorization that this person gives this client."""
    client = request.client
    refresh_until = None
    if client.check_grant_type("refresh_token"):
        refresh_until = ctx.now + refresh_token.absolute_lifetime_of(ctx, client)
        if not request.offline:
            refresh_until = min(refresh_until, session.expires_at)
    expires_at = ctx.now + ctx.settings.lifetimes.code
    return Authorization(
        id=identifier(ctx.entropy),
        client_id=client.client_id,
        account_id=account.id,
        session_id=session.id,
        scopes=request.scopes,
        resources=request.resources,
        authentication=session.authentication,
        created_at=ctx.now,
        expires_at=expires_at + authorization_code.REMEMBERED,
        code=CodeBinding(
            expires_at=expires_at,
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            nonce=request.nonce,
            refresh_until=refresh_until,
        ),
    )
