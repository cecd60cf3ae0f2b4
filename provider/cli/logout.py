"""`signet logout`: what clients were told of sessions that ended, and what they were not."""

import click

from provider.cli.operating import operating
from provider.cli.output import json_option, print_json, print_table, when
from provider.store import logout_deliveries
from provider.store.logout_deliveries import Delivery


@click.group()
def logout() -> None:
    """Clients that are told when a session ends (back-channel logout)."""


@logout.command()
@click.option("--client", "client_id", help="Only this client.")
@click.option("--pending", is_flag=True, help="Only what is still to be delivered.")
@json_option
def status(client_id: str | None, pending: bool, as_json: bool) -> None:
    """Show what was delivered, what waits, and what went wrong last."""
    with operating(read_only=True) as ctx:
        found = logout_deliveries.all_of(ctx.tx, client_id, only_pending=pending)
    if as_json:
        print_json([{**vars(one), "state": _state(one)} for one in found])
        return
    heads = ("CLIENT", "ENDED", "STATE", "ATTEMPTS", "NEXT", "LAST PROBLEM")
    rows = [
        (
            one.client_id,
            when(one.created_at),
            _state(one),
            one.attempts,
            when(one.next_attempt_at),
            one.last_problem,
        )
        for one in found
    ]
    print_table(heads, rows, "There is nothing that clients were to be told.")


@logout.command()
@click.argument("client_id")
def retry(client_id: str) -> None:
    """Tell a client now what it could not be told, also what was given up.

    A server that is running sends it within a second.
    """
    with operating() as ctx:
        due = logout_deliveries.retry(ctx.tx, client_id, ctx.now)
    click.echo(f"{due} to be delivered to {client_id} now.")


def _state(one: Delivery) -> str:
    if one.delivered_at is not None:
        return "delivered"
    if one.next_attempt_at is None:
        return "given up"
    return "failing" if one.last_problem else "pending"
