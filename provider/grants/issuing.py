"""The last step that all grants share: an authorization becomes a token response
(RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). Tokens are born here and nowhere else."""

from typing import Any

from provider.claims.subject import subject_of
from provider.context import Context
from provider.credentials import access_token, id_token, refresh_token
from provider.http import NO_STORE
from provider.model.authorization import Authorization
from provider.model.client import Client
from provider.parts import SenderConstraint

TokenResponse = tuple[int, dict[str, Any], list[tuple[str, str]]]

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
"""The methods a grant may be used with; which of them are on is for `features` to say."""


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
    for constraint in ctx.provider.parts.playing(SenderConstraint):
        constraint.confirmation(ctx, ctx.request)
    account_id = authorization.account_id
    subject = subject_of(account_id, client) if account_id else client.client_id
    token = access_token.issue(
        ctx, client, authorization, subject=subject, scopes=scopes, resources=resources
    )
    body: dict[str, Any] = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": access_token.lifetime_of(ctx, client),
    }
    if scopes:
        body["scope"] = " ".join(scopes)
    if refresh := refresh_token.current(ctx, authorization):
        body["refresh_token"] = refresh
    if "openid" in scopes and account_id:
        body["id_token"] = id_token.issue(
            ctx, client, authorization, subject=subject, access_token=token, nonce=nonce
        )
    return 200, body, list(NO_STORE)
