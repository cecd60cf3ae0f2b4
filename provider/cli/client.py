"""`signet client`: the applications that may sign people in or ask for tokens."""

from pathlib import Path
from typing import Any

import click

from provider.ambient import typeable_identifier
from provider.cli.client_secret import rotate_secret
from provider.cli.operating import operating
from provider.cli.output import json_option, print_facts, print_json, print_table, when
from provider.cli.registered import document, find
from provider.cli.registration import DURATION, KINDS, described, register
from provider.cli.registration_token import rotate_registration_token
from provider.logout import ending
from provider.model.client import CONSENT_POLICIES
from provider.store import clients

AUTH_METHODS = (
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none",
)  # fmt: skip


@click.group()
def client() -> None:
    """Applications that may use this provider."""


client.add_command(rotate_secret)
client.add_command(rotate_registration_token)


@client.command()
@click.argument("name")
@click.option(
    "--type",
    "kind",
    type=click.Choice(list(KINDS)),
    default="web",
    show_default=True,
    help="web: has a server that keeps a secret. browser: runs in the browser only. "
    "native: an app on the device. service: no people, acts for itself.",
)
@click.option("--id", "client_id", help="The client id (else one is made).")
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="Where people return to.")
@click.option(
    "--post-logout-redirect-uri",
    "post_logout_redirect_uris",
    multiple=True,
    help="Where people may return to after signing out.",
)
@click.option("--scope", multiple=True, help="What it may ask for, repeated or in one text.")
@click.option("--grant-type", "grant_types", multiple=True, help="Instead of the type's grants.")
@click.option(
    "--response-type",
    "response_types",
    multiple=True,
    help='What it may ask the authorization endpoint for, such as "code id_token"; default: code.',
)
@click.option(
    "--auth-method",
    type=click.Choice(AUTH_METHODS),
    help="How it authenticates at the token endpoint.",
)
@click.option(
    "--jwks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with its public keys, for private_key_jwt.",
)
@click.option("--jwks-uri", help="The https address of its public keys, instead of --jwks.")
@click.option(
    "--metadata",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with client metadata under their registered names; what it says wins.",
)
@click.option("--resource", "resources", multiple=True, help="An API it may ask access to.")
@click.option("--audience", "audiences", multiple=True, help="An API it is (to introspect).")
@click.option(
    "--consent",
    type=click.Choice(CONSENT_POLICIES),
    default="remembered",
    show_default=True,
    help="implied: people are not asked; only for applications of your own.",
)
@click.option("--id-token-alg", default="RS256", show_default=True, help="Signs its ID tokens.")
@click.option("--userinfo-alg", help="Signs its UserInfo answers (else they are plain JSON).")
@click.option(
    "--introspection-alg", help="Signs its introspection answers (else as it asks each time)."
)
@click.option("--client-uri", help="Its home page.")
@click.option("--logo-uri", help="Its logo, shown when people sign in.")
@click.option("--policy-uri", help="Its privacy policy.")
@click.option("--tos-uri", help="Its terms of service.")
@click.option(
    "--require-pkce/--no-require-pkce",
    default=None,
    help="Whether its authorization requests need PKCE; else as the profile says.",
)
@click.option(
    "--scope-claims-in-id-token",
    is_flag=True,
    help="Claims of its scopes stand in the ID token too, for clients that never ask UserInfo.",
)
@click.option("--access-token-lifetime", type=DURATION, help="Instead of the setting.")
@click.option("--refresh-idle", type=DURATION, help="Instead of the setting.")
@click.option("--refresh-absolute", type=DURATION, help="Instead of the setting.")
@click.option("--refresh-repeat-window", type=DURATION, help="Instead of the setting.")
@click.option("--no-rotation", is_flag=True, help="Refresh tokens stay the same when used.")
@json_option
def add(name: str, kind: str, as_json: bool, **options: Any) -> None:
    """Register an application and print its secret, once.

    \b
      signet client add "Notes" --redirect-uri https://notes.example.com/callback
      signet client add "Notes for iOS" --type native --redirect-uri com.example.notes:/cb
      signet client add "Nightly export" --type service --scope notes:read
    """
    with operating() as ctx:
        made = described(
            name, kind, options.pop("client_id") or typeable_identifier(ctx.entropy), options
        )
        secret = register(ctx, made)
        kept = find(ctx, made.client_id)
    if as_json:
        print_json({**document(kept), **({"client_secret": secret} if secret else {})})
        return
    print_facts({"client_id": made.client_id, "client_secret": secret})
    if secret:
        click.echo("The secret is shown this once and never again.")


@client.command("list")
@json_option
def show_list(as_json: bool) -> None:
    """List the applications."""
    with operating(read_only=True) as ctx:
        found = clients.list_all(ctx.tx)
    if as_json:
        print_json([document(one) for one in found])
        return
    print_table(
        ("CLIENT ID", "NAME", "AUTHENTICATES BY", "GRANTS", "SINCE"),
        [
            (
                one.client_id,
                one.client_name + (" (off)" if one.disabled_at else ""),
                one.token_endpoint_auth_method,
                " ".join(one.grant_types),
                when(one.created_at),
            )
            for one in found
        ],
        'There are no clients yet. Register one: signet client add "My application" …',
    )


@client.command()
@click.argument("client_id")
@json_option
def show(client_id: str, as_json: bool) -> None:
    """Show what is registered about an application. Secrets are not kept, so not shown."""
    with operating(read_only=True) as ctx:
        found = find(ctx, client_id)
        now = ctx.now
    if as_json:
        print_json(document(found))
        return
    facts = document(found)
    policy = facts.pop("policy", {})
    del facts["secrets"]
    facts |= {"created_at": when(found.created_at), "disabled_at": when(found.disabled_at)}
    facts["jwks"] = f"{len((found.jwks or {}).get('keys', ()))} keys" if found.jwks else None
    print_facts({**facts, **{f"policy.{rule}": value for rule, value in policy.items()}})
    for kept in found.secrets:
        until = f"until {when(kept.expires_at)}" if kept.expires_at else "without end"
        state = f"live {until}" if kept.is_live(now) else "expired"
        click.echo(f"secret of {when(kept.created_at)}: {state}")


@client.command()
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Keep an application from using this provider, and end all its access now."""
    with operating() as ctx:
        found = find(ctx, client_id)
        if clients.disable(ctx.tx, client_id, ctx.now):
            ending.end_client(ctx, client_id)
            ctx.record("client_disabled", client_id=client_id)
    click.echo(f"{found.client_name} can do nothing here, and its access has ended.")


@client.command()
@click.argument("client_id")
def enable(client_id: str) -> None:
    """Let a disabled application in again. What had ended stays ended."""
    with operating() as ctx:
        found = find(ctx, client_id)
        if clients.enable(ctx.tx, client_id):
            ctx.record("client_enabled", client_id=client_id)
    click.echo(f"{found.client_name} can use this provider.")


@client.command()
@click.argument("client_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(client_id: str, yes: bool) -> None:
    """Forget an application, and end everything it was ever given."""
    with operating(read_only=True) as ctx:
        found = find(ctx, client_id)
    if not yes:
        click.confirm(f"Remove {found.client_name} and end all its access?", abort=True)
    with operating() as ctx:
        clients.remove(ctx.tx, client_id, now=ctx.now)
        ctx.record("client_removed", client_id=client_id, detail={"name": found.client_name})
    click.echo(f"Removed {client_id}.")
