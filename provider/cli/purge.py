"""`signet purge`: remove what has expired, all of it, now."""

from collections import Counter

import click

from provider.cli.operating import operating
from provider.cli.output import json_option, print_json
from provider.context import Context
from provider.status_list.places import NAMED_FOR
from provider.store import events, expiry, refusals, status_lists
from provider.store.unit_of_work import transaction

_AT_ONCE = 1000


@click.command()
@json_option
def purge(as_json: bool) -> None:
    """Remove what has expired from the database.

    The server does this by itself, a little at a time; this does it all at once, in
    steps so short that nobody waits for them.
    """
    removed: Counter[str] = Counter()
    with operating(read_only=True) as ctx:
        while step := _step(ctx):
            removed.update(step)
    if as_json:
        print_json(removed)
        return
    for table, rows in removed.items():
        click.echo(f"{rows} from {table}")
    click.echo(f"Removed {removed.total()} expired rows.")


def _step(ctx: Context) -> dict[str, int]:
    with transaction(ctx.provider.engine) as tx:
        removed = expiry.purge(tx, now=ctx.now, limit=_AT_ONCE)
        kept = ctx.settings.events_kept
        ended, sums = refusals.end(tx, now=ctx.now, kept=kept, limit=_AT_ONCE)
        events.add(tx, sums)
        if ended:
            removed["refusal"] = ended
        if dropped := status_lists.drop(tx, closed_before=ctx.now - NAMED_FOR):
            removed["status_list"] = dropped
        return removed
