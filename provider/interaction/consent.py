"""The consent page of an authorization request: who asks, for what, where the person will
be sent. The answer counts only for the session that saw the page; where another account
has signed in meanwhile, the decision is taken afresh."""

from typing import Any

from provider.authorization import claims_parameter, resource, waiting
from provider.authorization.response import ReturnAddress, prove
from provider.authorization.scope import granted
from provider.context import Context
from provider.credentials import session_cookie
from provider.errors import AccessDenied
from provider.http import Parameters, Response
from provider.interaction import csrf
from provider.interaction.rendering import client_facts, form_target, page
from provider.model.account import Account
from provider.model.authorization_request import StoredRequest
from provider.model.client import Client
from provider.model.consent import CLAIM, Consent, entries
from provider.model.session import Session
from provider.store import authorization_requests, consents

_OF = "."
"""Stands between the session that saw the page and the token of the form."""


def show(ctx: Context, handle: str) -> Response:
    """Show what the client asks for."""
    stored = waiting.find(ctx, handle)
    found = session_cookie.find(ctx)
    if found is None:
        return waiting.resume(ctx, handle)
    session, account = found
    parameters = Parameters.from_lists(stored.parameters)
    address, _ = prove(ctx, parameters)
    scopes = _scopes(address.client, parameters)
    known = consents.find(ctx.tx, account.id, address.client.client_id)
    return page(
        ctx,
        "consent.html",
        form_targets=form_target(address.redirect_uri),
        client=client_facts(
            ctx,
            address.client,
            redirect_uri=address.redirect_uri,
            ui_locales=parameters.get("ui_locales"),
        ),
        account={"name": account.display_name, "username": account.username},
        scopes=[_scope(ctx, name, known) for name in scopes],
        claims=[
            {"name": name, "new": known is not None and CLAIM + name not in known.scopes}
            for name in _single_claims(ctx, address.client, scopes, parameters)
        ],
        resources=resource.granted(address.client, parameters.getlist("resource")),
        offline="offline_access" in scopes,
        unchecked=_is_unchecked(ctx, address.client),
        ui_locales=parameters.get("ui_locales"),
        action=ctx.url(f"/interaction/{handle}/consent"),
        csrf_token=session.id + _OF + csrf.token(ctx, _form(handle, session.id)),
    )


def submit(ctx: Context, handle: str) -> Response:
    """Take the answer and send the browser back for the decision."""
    form = ctx.request.form
    stored = waiting.find(ctx, handle)
    found = session_cookie.find(ctx)
    if found is None:
        return waiting.resume(ctx, handle)
    session, account = found
    seen_by, _, presented = (form.get("csrf_token") or "").rpartition(_OF)
    csrf.check(ctx, _form(handle, seen_by), presented, account_id=account.id)
    if seen_by != session.id:
        return waiting.resume(ctx, handle)
    parameters = Parameters.from_lists(stored.parameters)
    address, _ = prove(ctx, parameters)
    match form.get("action"):
        case "allow":
            return _allow(ctx, handle, stored, address, session, account)
        case "switch":
            return Response.see_other(ctx.url(f"/interaction/{handle}/login?why=other_account"))
        case _:
            waiting.finish(ctx, stored)
            ctx.record("consent_denied", account_id=account.id, client_id=address.client.client_id)
            told = session_cookie.told(
                ctx,
                address.client,
                address.redirect_uri,
                _scopes(address.client, parameters),
                found,
            )
            return address.error(ctx, AccessDenied(), told)


def _allow(
    ctx: Context,
    handle: str,
    stored: StoredRequest,
    address: ReturnAddress,
    session: Session,
    account: Account,
) -> Response:
    parameters = Parameters.from_lists(stored.parameters)
    scopes = _scopes(address.client, parameters)
    agreed = entries(scopes, _single_claims(ctx, address.client, scopes, parameters))
    consents.remember(
        ctx.tx,
        Consent(
            account_id=account.id,
            client_id=address.client.client_id,
            scopes=agreed,
            resources=frozenset(resource.granted(address.client, parameters.getlist("resource"))),
            granted_at=ctx.now,
        ),
    )
    authorization_requests.mark_consented(ctx.tx, stored.digest, session.id)
    ctx.record(
        "consent_granted",
        account_id=account.id,
        client_id=address.client.client_id,
        detail={"scope": " ".join([*scopes, *sorted(agreed - set(scopes))])},
    )
    return waiting.resume(ctx, handle)


def _scopes(client: Client, parameters: Parameters) -> tuple[str, ...]:
    return granted(client, parameters.get("scope"), parameters.get("response_type"))


def _is_unchecked(ctx: Context, client: Client) -> bool:
    """Whether nobody vouches for the client: where anyone may register, it says of itself
    what it likes (RFC 7591 §5)."""
    is_open = ctx.settings.registration.mode == "open"
    return is_open and client.dynamic and client.software_statement is None


def _single_claims(
    ctx: Context, client: Client, scopes: tuple[str, ...], parameters: Parameters
) -> tuple[str, ...]:
    """Return the claims that are asked for by name and that no scope covers."""
    asked = claims_parameter.parse(parameters.get("claims"))
    claims = claims_parameter.granted(ctx, client, scopes, asked)
    return claims_parameter.beyond(ctx, scopes, claims)


def _form(handle: str, session_id: str) -> str:
    return f"consent {handle} {session_id}"


def _scope(ctx: Context, name: str, known: Consent | None) -> dict[str, Any]:
    return {
        "name": name,
        "title": ctx.settings.scopes.get(name, name),
        "description": "",
        "new": known is not None and name not in known.scopes,
    }
