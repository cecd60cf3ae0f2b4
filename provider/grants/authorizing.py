"""What all grants do at the authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3):
check the request, state the authorization that a person gives, and send the client what
its response type asks for. A response that issues anything has an authorization of its own,
with a code or without, so that ending it ends the tokens."""

from authlib.oauth2.rfc6749.grants import AuthorizationEndpointMixin

from provider.ambient import identifier
from provider.authorization.check_all import check_all
from provider.authorization.response import ReturnAddress
from provider.context import Context
from provider.credentials import (
    access_terms,
    authorization_code,
    refresh_token,
    session_cookie,
    token_status,
)
from provider.errors import Overtaken, UnauthorizedClient
from provider.grants.issuing import issue_in_front
from provider.model import response_type as response_types
from provider.model.account import Account
from provider.model.authorization import Authorization, CodeBinding
from provider.model.authorization_request import AuthorizationRequest
from provider.model.client import Client
from provider.model.session import Session
from provider.store import new_authorizations, session_clients, sessions

_LEADS_TO_ACCESS = frozenset({"code", "token"})


class Authorizing(AuthorizationEndpointMixin):
    """The authorization endpoint's half of a grant; `RESPONSE_TYPES` says which requests."""

    def validate_authorization_request(self) -> str:
        """Check the request once and keep it. Returns the redirect URI."""
        ctx: Context = self.request.ctx
        address: ReturnAddress = self.request.return_address
        if self.request.authorization_request is None:
            response_type: str = self.request.payload.response_type
            _check_registered(address.client, response_type)
            self.request.client = address.client
            self.request.authorization_request = check_all(
                ctx, address, response_type, self.request.payload.parameters
            )
        return address.redirect_uri

    def create_authorization_response(
        self, redirect_uri: str, grant_user: tuple[Session, Account]
    ) -> tuple[int, bytes, list[tuple[str, str]]]:
        """Issue in the name of the person who decided, and send it to the client."""
        del redirect_uri
        ctx: Context = self.request.ctx
        session, account = grant_user
        request: AuthorizationRequest = self.request.authorization_request
        address: ReturnAddress = self.request.return_address
        issues_nothing = request.response_type == "none"
        parameters = {} if issues_nothing else _grant(ctx, request, session, account)
        if issues_nothing and not sessions.hold(ctx.tx, session.id, request.client):
            raise Overtaken(request.client.client_id)
        parameters |= session_cookie.told(
            ctx, request.client, request.redirect_uri, request.scopes, grant_user
        )
        response = address.success(ctx, parameters)
        return response.status, response.body, response.headers


def _check_registered(client: Client, response_type: str) -> None:
    if not client.check_response_type(response_type):
        raise UnauthorizedClient("The client may not use this response_type.")
    if not all(map(client.check_grant_type, response_types.grant_types(response_type))):
        raise UnauthorizedClient("The client lacks a grant type that this response_type needs.")


def _grant(
    ctx: Context, request: AuthorizationRequest, session: Session, account: Account
) -> dict[str, str]:
    authorization = _state(ctx, request, session, account)
    code = None
    if authorization.code is not None:
        code = authorization_code.issue(ctx, request.client, authorization)
        is_given = code is not None
    else:
        is_given = new_authorizations.add_in_session(ctx.tx, authorization, request.client)
    if not is_given:
        raise Overtaken(request.client.client_id)
    if request.client.hears_of_logout:
        session_clients.add(ctx.tx, session.id, request.client.client_id, now=ctx.now)
    ctx.record(
        "authorization_granted",
        account_id=account.id,
        client_id=request.client.client_id,
        authorization_id=authorization.id,
        session_id=session.id,
    )
    return issue_in_front(ctx, request, authorization, account, code=code)


def _state(
    ctx: Context, request: AuthorizationRequest, session: Session, account: Account
) -> Authorization:
    """State the authorization that this person gives this client."""
    return Authorization(
        id=identifier(ctx.entropy),
        client_id=request.client.client_id,
        account_id=account.id,
        session_id=session.id,
        scopes=request.scopes,
        resources=request.resources,
        authentication=session.authentication,
        claims=request.claims,
        created_at=ctx.now,
        expires_at=ctx.now + _remembered(ctx, request),
        status=token_status.new_place(ctx) if request.returns & _LEADS_TO_ACCESS else None,
        code=_bind_code(ctx, request, session) if "code" in request.returns else None,
    )


def _remembered(ctx: Context, request: AuthorizationRequest) -> int:
    """Return for how many seconds what is issued now can matter."""
    lifetimes = {
        "code": ctx.settings.lifetimes.code + authorization_code.REMEMBERED,
        "token": _access_lifetime(ctx, request),
        "id_token": ctx.settings.lifetimes.id_token,
    }
    return max(lifetimes[word] for word in request.returns)


def _access_lifetime(ctx: Context, request: AuthorizationRequest) -> int:
    if "token" not in request.returns:
        return 0
    return access_terms.settle(ctx, request.client, request.scopes, request.resources).lifetime


def _bind_code(ctx: Context, request: AuthorizationRequest, session: Session) -> CodeBinding:
    client = request.client
    refresh_until = None
    if client.check_grant_type("refresh_token"):
        refresh_until = ctx.now + refresh_token.absolute_lifetime_of(ctx, client)
        if not request.offline:
            refresh_until = min(refresh_until, session.expires_at)
    return CodeBinding(
        expires_at=ctx.now + ctx.settings.lifetimes.code,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        refresh_until=refresh_until,
    )
