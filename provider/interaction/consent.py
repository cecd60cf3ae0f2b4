"""The consent page of an authorization request: who asks, for what, where the person will
be sent. The answer counts only for the session that saw the page; where another account
has signed in meanwhile, the decision is taken afresh. It allows what the page showed and no
more: where the client asks for something else by now, or calls itself otherwise, the page is
shown anew."""

from contextlib import suppress
from typing import Any

from provider.authorization import claims_parameter, resource, waiting
from provider.authorization.response import ReturnAddress, prove
from provider.authorization.scope import granted
from provider.context import Context
from provider.credentials import session_cookie
from provider.errors import AccessDenied, InvalidScope
from provider.http import Parameters, Response
from provider.interaction import csrf, shown
from provider.interaction.rendering import client_facts, form_target, page
from provider.model.account import Account
from provider.model.authorization_request import StoredRequest
from provider.model.client import Client
from provider.model.consent import CLAIM, Consent
from provider.model.session import Session
from provider.model.shown import Shown, introduction
from provider.registration.vouching import is_unchecked
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
    what = _shown(ctx, address, parameters)
    known = consents.find(ctx.tx, account.id, address.client.client_id)
    form = _form(handle, session.id)
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
        has_changed=ctx.request.query.get("why") == shown.CHANGED,
        scopes=[_scope(ctx, name, known) for name in what.scopes],
        claims=[
            {"name": name, "new": known is not None and CLAIM + name not in known.scopes}
            for name in what.claims
        ],
        resources=what.resources,
        offline="offline_access" in what.scopes,
        unchecked=what.is_unchecked,
        ui_locales=parameters.get("ui_locales"),
        action=ctx.url(f"/interaction/{handle}/consent"),
        csrf_token=session.id + _OF + csrf.token(ctx, form),
        shown=shown.statement(ctx, form, what.to_json()),
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
            scopes: tuple[str, ...] = ()
            with suppress(InvalidScope):  # the client may have none of them any more
                scopes = _scopes(address.client, parameters)
            told = session_cookie.told(ctx, address.client, address.redirect_uri, scopes, found)
            return address.error(ctx, AccessDenied(), told)


def _allow(
    ctx: Context,
    handle: str,
    stored: StoredRequest,
    address: ReturnAddress,
    session: Session,
    account: Account,
) -> Response:
    what = _shown(ctx, address, Parameters.from_lists(stored.parameters))
    if not shown.is_what(ctx, _form(handle, session.id), what.to_json()):
        page = f"/interaction/{handle}/consent?why={shown.CHANGED}"
        return Response.see_other(ctx.url(page))
    # the request before the client, as everybody holds them who answers one
    authorization_requests.mark_consented(ctx.tx, stored.digest, session.id, what)
    consents.remember(
        ctx.tx,
        Consent(
            account_id=account.id,
            client_id=address.client.client_id,
            scopes=what.entries,
            resources=frozenset(what.resources),
            granted_at=ctx.now,
        ),
    )
    ctx.record(
        "consent_granted",
        account_id=account.id,
        client_id=address.client.client_id,
        detail={"scope": " ".join([*what.scopes, *sorted(what.entries - set(what.scopes))])},
    )
    return waiting.resume(ctx, handle)


def _scopes(client: Client, parameters: Parameters) -> tuple[str, ...]:
    return granted(client, parameters.get("scope"), parameters.get("response_type"))


def _shown(ctx: Context, address: ReturnAddress, parameters: Parameters) -> Shown:
    """Return what the page shows: what the client may have of what it asks for, and who it is."""
    client = address.client
    scopes = _scopes(client, parameters)
    return Shown(
        client=introduction(client),
        destination=address.redirect_uri,
        scopes=scopes,
        claims=_single_claims(ctx, client, scopes, parameters),
        resources=resource.granted(client, parameters.getlist("resource")),
        is_unchecked=is_unchecked(ctx, client),
    )


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
