"""Which names an account has towards clients, and whom a name means (OpenID Connect Core §8):
`signet user subject` and `signet user whois`. Pairwise names are kept nowhere; they are
made, and led back, with a key in the database."""

from typing import Any

import click

from provider.claims.subject import account_of, sector_of, subject_of
from provider.cli.operating import operating
from provider.cli.output import MAY_BEGIN_WITH_A_DASH, Failed, json_option, print_json, print_table
from provider.context import Context
from provider.keys.keyring import NoActiveKey
from provider.model.account import Account
from provider.model.client import Client
from provider.store import accounts, clients

NO_KEY = "there are no keys yet; the first start makes them"


def account_named(ctx: Context, login: str) -> Account:
    """Return an account by user name or email address. Raises Failed."""
    found = accounts.find_by_login(ctx.tx, login)
    if found is None:
        raise Failed(f"there is no account {login}; `signet user list` shows all")
    return found


@click.command()
@click.argument("login", metavar="USERNAME_OR_EMAIL")
@click.option("--client", "client_id", help="Only the name towards this client.")
@json_option
def subject(login: str, client_id: str | None, as_json: bool) -> None:
    """Show the names (sub) by which clients know an account."""
    with operating(read_only=True) as ctx:
        account = account_named(ctx, login)
        asked = [_client(ctx, client_id)] if client_id else clients.list_all(ctx.tx)
        try:
            rows = [_name(ctx, account, client) for client in asked]
        except NoActiveKey:
            raise Failed(NO_KEY) from None
    if as_json:
        print_json(rows)
    elif client_id:
        click.echo(rows[0]["sub"])
    else:
        heads = ("client_id", "subject_type", "sector", "sub")
        cells = [[row[head] for head in heads] for row in rows]
        print_table([head.upper() for head in heads], cells, "There are no clients yet.")


@click.command(context_settings=MAY_BEGIN_WITH_A_DASH)
@click.argument("sub")
@click.option("--client", "client_id", help="The client that knows somebody by this name.")
@click.option("--sector", help="Or the host that its redirect URIs share.")
@json_option
def whois(sub: str, client_id: str | None, sector: str | None, as_json: bool) -> None:
    """Say who is meant by the name (sub) that a client shows."""
    if (client_id is None) == (sector is None):
        raise click.UsageError("Name either --client or --sector.")
    with operating(read_only=True) as ctx:
        try:
            account_id = (
                account_of(ctx, sub, _client(ctx, client_id))
                if client_id is not None
                else ctx.keyring.account_of(sub, str(sector), ctx.now)
            )
        except NoActiveKey:
            raise Failed(NO_KEY) from None
        found = accounts.find(ctx.tx, account_id) if account_id else None
    if found is None:
        raise Failed(f"nobody is known as {sub} there")
    if as_json:
        print_json({"username": found.username, "email": found.email, "account_id": found.id})
    else:
        click.echo(found.username)


def _client(ctx: Context, client_id: str) -> Client:
    found = clients.find(ctx.tx, client_id)
    if found is None:
        raise Failed(f"there is no client {client_id}; `signet client list` shows all")
    return found


def _name(ctx: Context, account: Account, client: Client) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "subject_type": client.subject_type,
        "sector": sector_of(client) if client.subject_type == "pairwise" else None,
        "sub": subject_of(ctx, account.id, client),
    }
