"""`signet client rotate-secret`: a new secret beside the old one, which works a while longer, so
that an application changes it without an outage (RFC 6749 §2.3.1)."""

import click

from provider.cli.operating import operating
from provider.cli.output import Failed, json_option, print_facts, print_json, when
from provider.cli.registered import find
from provider.cli.registration import DURATION
from provider.credentials import client_secret
from provider.store import clients

_MOST_LIVE_SECRETS = 2


@click.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--overlap",
    type=DURATION,
    default="24h",
    show_default=True,
    help="How long the old secret still works; 0: not at all.",
)
@json_option
def rotate_secret(client_id: str, overlap: int, as_json: bool) -> None:
    """Make a new secret, print it once, and let the old one end.

    Both work during the overlap, so the application can change without an outage. Where
    the old secret is in the wrong hands, end it at once with --overlap 0.
    """
    with operating() as ctx:
        found = find(ctx, client_id)
        if not found.has_secret:
            raise Failed(f"{client_id} authenticates by {found.token_endpoint_auth_method}")
        live = [kept for kept in found.secrets if kept.is_live(ctx.now)]
        if overlap and len(live) >= _MOST_LIVE_SECRETS:
            raise Failed(
                f"{client_id} has {len(live)} live secrets already. Wait until the old one ends, "
                "or end both now with --overlap 0."
            )
        value, kept = client_secret.new(ctx.entropy, ctx.provider.vault, found, ctx.now)
        clients.add_secret(ctx.tx, client_id, kept)
        ends_at = ctx.now + overlap
        clients.expire_secrets(ctx.tx, client_id, except_id=kept.id, expires_at=ends_at)
        ctx.record("client_secret_rotated", client_id=client_id)
    if as_json:
        print_json({"client_id": client_id, "client_secret": value, "old_secret_ends": ends_at})
        return
    print_facts({"client_id": client_id, "client_secret": value})
    click.echo("The secret is shown this once and never again.")
    click.echo(f"The old one works until {when(ends_at)}." if overlap else "The old one ended.")
