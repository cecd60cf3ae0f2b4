"""`signet authorization`: what people allowed applications, one by one."""

from dataclasses import asdict
from typing import Any

import click

from provider.cli import naming
from provider.cli.operating import operating
from provider.cli.output import (
    MAY_BEGIN_WITH_A_DASH,
    Failed,
    json_option,
    print_json,
    print_table,
    when,
)
from provider.context import Context
from provider.logout import ending
from provider.model.authorization import Authorization
from provider.store import accounts, authorizations

MOST = 500
"""Rows that one list shows."""

NOTICED = 1
"""Seconds until every process serves a status list that says what just ended."""


@click.group()
def authorization() -> None:
    """What people allowed applications: each stands for the tokens that came of it."""


@authorization.command("list")
@click.option(
    "--user", "login", metavar="USERNAME_OR_EMAIL", help="Only what this person allowed."
)
@click.option("--client", "client_id", help="Only what this application was allowed.")
@json_option
def show_list(login: str | None, client_id: str | None, as_json: bool) -> None:
    """List live authorizations, newest first."""
    with operating(read_only=True) as ctx:
        account_id = naming.account_named(ctx, login).id if login else None
        found = authorizations.list_of(
            ctx.tx, account_id=account_id, client_id=client_id, now=ctx.now, limit=MOST
        )
        names = {one.account_id: _username(ctx, one) for one in found}
    if as_json:
        print_json([_document(one) for one in found])
        return
    print_table(
        ("ID", "USER", "CLIENT", "SCOPE", "SINCE", "STATUS LIST"),
        [
            (
                one.id,
                names[one.account_id],
                one.client_id,
                " ".join(one.scopes),
                when(one.created_at),
                f"{one.status.number}, place {one.status.index}" if one.status else "",
            )
            for one in found
        ],
        "Nobody has allowed anything that is live.",
    )


@authorization.command(context_settings=MAY_BEGIN_WITH_A_DASH)
@click.argument("authorization_id", metavar="ID")
@json_option
def revoke(authorization_id: str, as_json: bool) -> None:
    """End one authorization, with its refresh token and its access tokens.

    Resource servers that read the status list refuse its access tokens as soon as they
    fetch the list again; introspection and UserInfo refuse at once.
    """
    with operating() as ctx:
        found = authorizations.find(ctx.tx, authorization_id)
        if found is None:
            raise Failed(f"there is no authorization {authorization_id}")
        ended = ending.end_authorization(ctx, found, "revoked_by_administrator")
        within = NOTICED + ctx.settings.status_lists.ttl
    if as_json:
        print_json({"id": found.id, "ended": ended, "refused_within": within})
    elif not ended:
        click.echo(f"It had ended already: {found.ended_reason}.")
    else:
        click.echo(
            f"Ended. Introspection refuses its access tokens now; resource servers that follow "
            f"the status list refuse them within {within} seconds, others when they expire."
        )


def _username(ctx: Context, one: Authorization) -> str | None:
    account = accounts.find(ctx.tx, str(one.account_id))
    return account.username if account else None


def _document(one: Authorization) -> dict[str, Any]:
    return {
        "id": one.id,
        "account_id": one.account_id,
        "client_id": one.client_id,
        "scope": " ".join(one.scopes),
        "resource": list(one.resources),
        "created_at": one.created_at,
        "status": asdict(one.status) if one.status else None,
    }
