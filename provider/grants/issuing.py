"""The last step that all grants share: an authorization becomes a token response
(RFC 6749 §5.1, OpenID Connect Core §3.1.3.3), or the tokens of an authorization response
(§3.2.2.5, §3.3.2.5). Tokens are born here and nowhere else."""

from typing import Any

from provider import claims
from provider.claims.subject import subject_of
from provider.context import Context
from provider.credentials import access_terms, access_token, id_token, refresh_token
from provider.http import NO_STORE
from provider.model.account import Account
from provider.model.authorization import Authorization
from provider.model.authorization_request import AuthorizationRequest
from provider.model.client import Client
from provider.roles import SenderConstraint
from provider.store import accounts

TokenResponse = tuple[int, dict[str, Any], list[tuple[str, str]]]

AUTH_METHODS = (
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none",
)  # fmt: skip
"""The methods a grant may be used with; which of them are on is for `features` to say."""

IN_FRONT = "authorization_endpoint"
"""What metrics call the grant of what the authorization endpoint issues."""

_CREDENTIALS = frozenset({"access_token", "code", "id_token", "refresh_token"})


def issue(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    *,
    scopes: tuple[str, ...],
    resources: tuple[str, ...],
    nonce: str | None = None,
) -> TokenResponse:
    """Return status, body and headers of a token response.

    `scopes` and `resources` are those of this response, within the authorization's.
    """
    subject = _subject(ctx, client, authorization)
    body = _issue_access(ctx, client, authorization, subject, scopes, resources)
    if refresh := refresh_token.current(ctx, authorization):
        body["refresh_token"] = refresh
    if "openid" in scopes and authorization.account_id:
        body["id_token"] = id_token.issue(
            ctx,
            client,
            authorization,
            subject=subject,
            access_token=body["access_token"],
            nonce=nonce,
            revealed=_revealed(ctx, client, authorization, scopes),
        )
    ctx.issued(str(ctx.request.form.get("grant_type")), _CREDENTIALS & body.keys())
    return 200, body, list(NO_STORE)


def issue_in_front(
    ctx: Context,
    request: AuthorizationRequest,
    authorization: Authorization,
    account: Account,
    *,
    code: str | None,
) -> dict[str, str]:
    """Return what the response type asks for, as parameters of the authorization response.

    Never a refresh token (RFC 6749 §4.2.2). What the scopes reveal is in the ID token
    where no access token can be had to ask UserInfo with (OpenID Connect Core §5.4).
    """
    client, scopes = request.client, authorization.scopes
    subject = _subject(ctx, client, authorization)
    parameters = {"code": code} if code else {}
    if "token" in request.returns:
        body = _issue_access(ctx, client, authorization, subject, scopes, authorization.resources)
        parameters |= {name: str(value) for name, value in body.items()}
    if "id_token" in request.returns:
        is_alone = len(request.returns) == 1
        parameters["id_token"] = id_token.issue(
            ctx,
            client,
            authorization,
            subject=subject,
            access_token=parameters.get("access_token"),
            code=code,
            state=request.state,
            nonce=request.nonce,
            revealed=_revealed(ctx, client, authorization, scopes, account, is_alone=is_alone),
        )
    ctx.issued(IN_FRONT, _CREDENTIALS & parameters.keys())
    return parameters


def _revealed(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    scopes: tuple[str, ...],
    account: Account | None = None,
    *,
    is_alone: bool = False,
) -> dict[str, Any]:
    """Return what an ID token says about the person: the claims asked for there (§5.5), and
    what the scopes reveal where the client gets nothing else or the operator allows it."""
    with_scopes = is_alone or client.policy.scope_claims_in_id_token
    wishes = authorization.claims.id_token
    if not (with_scopes or wishes):
        return {}
    account = account or accounts.find(ctx.tx, str(authorization.account_id))
    if account is None:
        return {}
    revealing = scopes if with_scopes else ()
    return claims.reveal(ctx.provider.parts, client, revealing, account, wishes)


def _subject(ctx: Context, client: Client, authorization: Authorization) -> str:
    account_id = authorization.account_id
    return subject_of(ctx, account_id, client) if account_id else client.client_id


def _issue_access(
    ctx: Context,
    client: Client,
    authorization: Authorization,
    subject: str,
    scopes: tuple[str, ...],
    resources: tuple[str, ...],
) -> dict[str, Any]:
    """Return an access token and what is said of it (RFC 6749 §4.2.2, §5.1)."""
    terms = access_terms.settle(ctx, client, scopes, resources)
    for constraint in ctx.provider.parts.playing(SenderConstraint):
        constraint.confirmation(ctx, ctx.request)
    body: dict[str, Any] = {
        "access_token": access_token.issue(ctx, client, authorization, terms, subject=subject),
        "token_type": "Bearer",
        "expires_in": terms.lifetime,
    }
    if terms.scopes:
        body["scope"] = " ".join(terms.scopes)
    return body
