"""`signet audience`: what each API wants of the access tokens for it. An API without a record
gets tokens as the client's policy and the settings say."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any, TypeVar

import click

from provider.authorization.resource import is_valid
from provider.cli.operating import operating
from provider.cli.output import Failed, json_option, print_facts, print_json, print_table
from provider.context import Context
from provider.model.audience import Audience
from provider.model.client import LONGEST_TOKEN_LIFE, SHORTEST_TOKEN_LIFE
from provider.settings import kinds
from provider.store import audiences

UNSET = "default"
"""What is written to take a wish back."""

F = TypeVar("F", bound=Callable[..., Any])


def _wishes(command: F) -> F:
    options = (
        click.option("--alg", help="Sign tokens with this algorithm, for example ES256."),
        click.option("--lifetime", help='How long a token lives, for example "5m".'),
        click.option(
            "--status-list",
            type=click.Choice(["on", "off", UNSET]),
            help="Whether tokens name their place in a status list (default: on).",
        ),
        click.option("--scopes", help="The only scopes it knows, separated by spaces."),
        click.option(
            "--token-format",
            type=click.Choice(["jwt", "opaque", UNSET]),
            help="Signed tokens it can read, or opaque ones it must ask about (default: jwt).",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def audience() -> None:
    """The APIs that tokens are for, and what they want of them.

    A wish of an API comes before the policy of a client and the settings. Every server
    process follows a change within a second.
    """


@audience.command()
@click.argument("identifier")
@_wishes
def add(identifier: str, **wishes: str | None) -> None:
    """Add the record of an API; IDENTIFIER is its address, as clients send it in `resource`.

    \b
      signet audience add https://api.example.com/payments --lifetime 5m --token-format opaque
    """
    with operating() as ctx:
        if identifier != ctx.settings.default_audience and not is_valid(identifier):
            raise Failed(f"{identifier} is not an absolute URI without a fragment")
        record = _with(ctx, Audience(identifier=identifier), wishes)
        if not audiences.add(ctx.tx, record, ctx.now):
            raise Failed(f"{identifier} has a record; `signet audience change` changes it")
        ctx.record("audience_added", detail={"audience": identifier})
    click.echo(f"Added {identifier}.")


@audience.command("list")
@json_option
def show_list(as_json: bool) -> None:
    """List the APIs that have a record."""
    with operating(read_only=True) as ctx:
        found = audiences.list_all(ctx.tx)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    print_table(
        ("AUDIENCE", "ALG", "LIFETIME", "STATUS LIST", "FORMAT", "SCOPES"),
        [
            (
                one.identifier,
                one.signing_alg,
                one.access_token_lifetime,
                _on_or_off(one),
                one.token_format,
                None if one.scopes is None else " ".join(one.scopes),
            )
            for one in found
        ],
        "No API has wishes of its own; all get tokens as the settings say.",
    )


@audience.command()
@click.argument("identifier")
@json_option
def show(identifier: str, as_json: bool) -> None:
    """Show the record of an API."""
    with operating(read_only=True) as ctx:
        found = _find(ctx, identifier)
    if as_json:
        print_json(asdict(found))
    else:
        print_facts({**asdict(found), "status_list": _on_or_off(found)})


@audience.command()
@click.argument("identifier")
@_wishes
def change(identifier: str, **wishes: str | None) -> None:
    """Change what is named; `default` takes a wish back."""
    with operating() as ctx:
        record = _with(ctx, _find(ctx, identifier), wishes)
        audiences.replace(ctx.tx, record, ctx.now)
        ctx.record("audience_changed", detail={"audience": identifier})
    click.echo(f"Changed {identifier}; tokens issued before stay as they are.")


@audience.command()
@click.argument("identifier")
def remove(identifier: str) -> None:
    """Forget the record of an API; it gets tokens as the settings say."""
    with operating() as ctx:
        _find(ctx, identifier)
        audiences.remove(ctx.tx, identifier)
        ctx.record("audience_removed", detail={"audience": identifier})
    click.echo(f"Removed {identifier}.")


def _find(ctx: Context, identifier: str) -> Audience:
    found = audiences.find(ctx.tx, identifier)
    if found is None:
        raise Failed(f"{identifier} has no record; `signet audience list` shows all")
    return found


def _with(ctx: Context, record: Audience, wishes: dict[str, str | None]) -> Audience:
    """Return the record with the wishes that are written. Raises Failed."""
    readers: dict[str, tuple[str, Callable[[Context, str], Any]]] = {
        "alg": ("signing_alg", _algorithm),
        "lifetime": ("access_token_lifetime", _lifetime),
        "status_list": ("status_list", lambda _, written: written == "on"),
        "scopes": ("scopes", _scopes),
        "token_format": ("token_format", lambda _, written: written),
    }
    changes: dict[str, Any] = {}
    for option, written in wishes.items():
        if written is not None:
            name, read = readers[option]
            changes[name] = None if written == UNSET else read(ctx, written)
    return replace(record, **changes)


def _algorithm(ctx: Context, written: str) -> str:
    if written not in ctx.settings.keys.algorithms:
        offered = ", ".join(ctx.settings.keys.algorithms)
        raise Failed(f"there is no key for {written}; there are keys for {offered}")
    return written


def _lifetime(_ctx: Context, written: str) -> int:
    try:
        seconds = kinds.duration(written)
    except ValueError as error:
        raise Failed(f"--lifetime {written}: {error}") from None
    if not SHORTEST_TOKEN_LIFE <= seconds <= LONGEST_TOKEN_LIFE:
        raise Failed(f"--lifetime {written}: a token lives from a minute to a day")
    return seconds


def _scopes(ctx: Context, written: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(written.split()))
    if unknown := [name for name in names if name not in ctx.settings.scopes]:
        raise Failed(f"{unknown[0]} is not described by the setting scopes")
    return names


def _on_or_off(one: Audience) -> str | None:
    return None if one.status_list is None else ("on" if one.status_list else "off")
