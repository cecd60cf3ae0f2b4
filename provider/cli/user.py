"""`signet user`: the accounts of people. Passwords are asked for, or read from standard
input; never taken from an argument, which other users of the machine could see."""

import sys
from typing import Any

import click
import orjson

from provider.ambient import identifier
from provider.authenticators import password as passwords
from provider.claims.profile import Profile
from provider.cli import naming
from provider.cli.operating import operating
from provider.cli.output import Failed, json_option, print_json, print_table, when
from provider.logout import ending
from provider.model.account import Account
from provider.store import accounts

CLAIMS = (
    *Profile.claims[:-1],
    *("email_verified", "phone_number", "phone_number_verified", "address"),
)
"""The standard claims of a person (OpenID Connect Core §5.1) that an operator may set."""

_stdin_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """The people who can sign in."""


user.add_command(naming.subject)
user.add_command(naming.whois)


@user.command()
@click.argument("username")
@click.option("--email", help="Can be used to sign in as well.")
@click.option("--email-verified", is_flag=True, help="You know that the address is theirs.")
@click.option("--name", help="Their full name, as applications show it.")
@click.option(
    "--claim",
    "claims",
    multiple=True,
    metavar="NAME=VALUE",
    help="A standard claim, for example locale=ko; may be repeated.",
)
@_stdin_option
@json_option
def add(
    username: str,
    email: str | None,
    email_verified: bool,
    name: str | None,
    claims: tuple[str, ...],
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add an account; asks for its password.

    \b
      signet user add alex --email alex@example.com --name "Alex Example"
      printf %s "$PASSWORD" | signet user add alex --password-stdin
    """
    told = dict(map(_claim, claims))
    if name:
        told["name"] = name
    if email:
        told |= {"email": email, "email_verified": email_verified}
    names = tuple(filter(None, (username, email)))
    _check_names(names)
    with operating(read_only=True) as ctx:
        for taken in names:
            if accounts.is_taken(ctx.tx, taken):
                raise Failed(f"{taken} is the name or address of another account")
    # the database must not wait for somebody who types, nor for the hash
    password_hash = passwords.hash_password(_new_password(password_stdin, names))
    with operating() as ctx:
        account = Account(
            id=identifier(ctx.entropy),
            username=username,
            email=email,
            password_hash=password_hash,
            claims=told,
        )
        if not accounts.add(ctx.tx, account, ctx.now):
            raise Failed(f"{username} was taken at the same moment")
        ctx.record("account_added", account_id=account.id)
    if as_json:
        print_json({"sub": account.id, "username": username, "email": email})
    else:
        click.echo(f"Added {username}; applications know the account as {account.id}.")


@user.command("list")
@json_option
def show_list(as_json: bool) -> None:
    """List the accounts."""
    with operating(read_only=True) as ctx:
        found = accounts.list_all(ctx.tx)
    if as_json:
        print_json([_document(account) for account in found])
        return
    print_table(
        ("USERNAME", "EMAIL", "NAME", "STATE", "SINCE", "SUB"),
        [
            (
                account.username,
                account.email,
                account.claims.get("name"),
                _state(account),
                when(account.created_at),
                account.id,
            )
            for account in found
        ],
        "There are no accounts yet. Add one: signet user add NAME",
    )


@user.command("set-password")
@click.argument("login", metavar="USERNAME_OR_EMAIL")
@_stdin_option
def set_password(login: str, password_stdin: bool) -> None:
    """Set a new password, and sign the account out everywhere."""
    with operating(read_only=True) as ctx:
        found = naming.account_named(ctx, login)
    names = tuple(filter(None, (found.username, found.email)))
    password_hash = passwords.hash_password(_new_password(password_stdin, names))
    with operating() as ctx:
        accounts.set_password_hash(ctx.tx, found.id, password_hash, ctx.now)
        ctx.record("password_set", account_id=found.id)
        ending.end_account(ctx, found.id, "credentials_changed")
    click.echo(f"{found.username} has a new password and is signed out everywhere.")


@user.command("sign-out")
@click.argument("login", metavar="USERNAME_OR_EMAIL")
def sign_out(login: str) -> None:
    """Sign an account out in every browser; what it allowed for longer stays."""
    with operating() as ctx:
        found = naming.account_named(ctx, login)
        ended = ending.end_sessions(ctx, found.id, reason="revoked_by_administrator")
    click.echo(f"{found.username} is signed out; sessions ended: {ended}.")


@user.command()
@click.argument("login", metavar="USERNAME_OR_EMAIL")
def disable(login: str) -> None:
    """Keep an account from signing in, and end all its access now."""
    with operating() as ctx:
        found = naming.account_named(ctx, login)
        if found.disabled_at is None:
            accounts.set_disabled(ctx.tx, found.id, ctx.now)
            ctx.record("account_disabled", account_id=found.id)
            ending.end_account(ctx, found.id, "account_disabled")
    click.echo(f"{found.username} can no longer sign in, and its access has ended.")


@user.command()
@click.argument("login", metavar="USERNAME_OR_EMAIL")
def enable(login: str) -> None:
    """Let a disabled account sign in again. What had ended stays ended."""
    with operating() as ctx:
        found = naming.account_named(ctx, login)
        if found.disabled_at is not None:
            accounts.set_disabled(ctx.tx, found.id, None)
            ctx.record("account_enabled", account_id=found.id)
    is_locked = found.locked_at is not None
    state = "can sign in once `signet user unlock` unlocks it" if is_locked else "can sign in"
    click.echo(f"{found.username} {state}.")


@user.command()
@click.argument("login", metavar="USERNAME_OR_EMAIL")
def lock(login: str) -> None:
    """Suspend an account for a while: no sign-in, no refresh, no valid token.

    Nothing ends; `signet user unlock` brings everything back that has not expired.
    """
    with operating() as ctx:
        found = naming.account_named(ctx, login)
        is_new = ending.lock_account(ctx, found.id)
    state = "is locked" if is_new else f"was locked already, since {when(found.locked_at)}"
    click.echo(f"{found.username} {state}; what it had rests until it is unlocked.")


@user.command()
@click.argument("login", metavar="USERNAME_OR_EMAIL")
def unlock(login: str) -> None:
    """Let a locked account go on where it was."""
    with operating() as ctx:
        found = naming.account_named(ctx, login)
        ending.unlock_account(ctx, found.id)
    click.echo(f"{found.username} is not locked.")


def _new_password(from_stdin: bool, names: tuple[str, ...]) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    if problem := passwords.problem(password, names=names):
        raise Failed(f"this password can not be used. {problem}")
    return password


def _check_names(names: tuple[str, ...]) -> None:
    username, *addresses = names
    if not username.strip() or not username.isprintable():
        raise Failed("a user name has visible characters")
    for address in addresses:
        if address.count("@") != 1 or not all(address.split("@")) or " " in address:
            raise Failed(f"{address} is not an email address")


def _state(account: Account) -> str:
    if account.disabled_at is not None:
        return "disabled"
    return "locked" if account.locked_at is not None else ""


def _claim(written: str) -> tuple[str, Any]:
    name, separator, value = written.partition("=")
    if not separator or name not in CLAIMS:
        raise click.UsageError(f"--claim {written}: write NAME=VALUE; names: {', '.join(CLAIMS)}")
    try:
        return name, orjson.loads(value) if value[:1] in "{tf" else value
    except ValueError:
        return name, value


def _document(account: Account) -> dict[str, Any]:
    return {
        "sub": account.id,
        "username": account.username,
        "email": account.email,
        "claims": account.claims,
        "created_at": account.created_at,
        "disabled_at": account.disabled_at,
        "locked_at": account.locked_at,
    }
