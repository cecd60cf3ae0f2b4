"""`signet registration-token`: the initial access tokens (RFC 7591 §3) with which applications
may register themselves where `registration.mode` is token, and the tokens (RFC 7592 §2) with
which they manage themselves."""

import click

from provider.ambient import typeable_identifier
from provider.cli.operating import operating
from provider.cli.output import Failed, json_option, print_facts, print_json, print_table, when
from provider.cli.registration import DURATION
from provider.credentials import opaque
from provider.registration import access, enrolling
from provider.store import clients, registration_tokens
from provider.store.registration_tokens import RegistrationToken


@click.group("registration-token")
def registration_token() -> None:
    """Tokens with which applications may register themselves."""


@registration_token.command()
@click.option("--uses", type=click.IntRange(1, 1_000_000), help="How often (else without limit).")
@click.option("--expires", type=DURATION, default="7d", show_default=True, help="After how long.")
@click.option("--note", default="", help="Whom it is for.")
@json_option
def add(uses: int | None, expires: int, note: str, as_json: bool) -> None:
    """Make a token and print it, once."""
    with operating() as ctx:
        value = opaque.new(ctx.entropy, access.INITIAL)
        made = RegistrationToken(
            id=typeable_identifier(ctx.entropy),
            digest=opaque.digest(value),
            note=note,
            uses_left=uses,
            created_at=ctx.now,
            expires_at=ctx.now + expires,
        )
        registration_tokens.add(ctx.tx, made)
        ctx.record("registration_token_added", detail={"id": made.id, "note": note})
    facts = {"id": made.id, "token": value}
    if as_json:
        print_json({**facts, "uses_left": uses, "expires_at": made.expires_at})
        return
    print_facts({**facts, "expires_at": when(made.expires_at)})
    click.echo("The token is shown this once; only its digest is kept.")


@registration_token.command("list")
@json_option
def show_list(as_json: bool) -> None:
    """List the tokens, without their values."""
    with operating(read_only=True) as ctx:
        found = registration_tokens.list_all(ctx.tx)
    if as_json:
        print_json([
            {name: value for name, value in vars(one).items() if name != "digest"}
            for one in found
        ])  # fmt: skip
        return
    rows = [
        (
            one.id,
            one.note,
            "any" if one.uses_left is None else str(one.uses_left),
            when(one.expires_at),
        )
        for one in found
    ]
    print_table(("ID", "NOTE", "USES LEFT", "UNTIL"), rows, "There are no tokens.")


@registration_token.command()
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """End a token now. Clients that registered with it stay."""
    with operating() as ctx:
        if not registration_tokens.remove(ctx.tx, token_id):
            raise Failed(f"there is no token {token_id}; `signet registration-token list`")
        ctx.record("registration_token_revoked", detail={"id": token_id})
    click.echo(f"Revoked {token_id}.")


@click.command("rotate-registration-token")
@click.argument("client_id")
@json_option
def rotate_registration_token(client_id: str, as_json: bool) -> None:
    """Give an application that registered itself a new token to manage itself with.

    The old one ends at once.
    """
    with operating() as ctx:
        if clients.find(ctx.tx, client_id) is None:
            raise Failed(f"there is no client {client_id}; `signet client list` shows all")
        value = enrolling.new_token(ctx)
        if not clients.set_registration(ctx.tx, client_id, opaque.digest(value)):
            raise Failed(f"{client_id} was registered by an operator and does not manage itself")
        ctx.record("registration_token_rotated", client_id=client_id)
    facts = {"client_id": client_id, "registration_access_token": value}
    if as_json:
        print_json(facts)
        return
    print_facts(facts)
    click.echo("The token is shown this once; only its digest is kept.")
