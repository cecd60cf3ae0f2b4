"""`signet keys`: the keys that sign tokens, derive refresh tokens, open what is encrypted to
us, and name people to clients."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

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
from provider.credentials import client_secret
from provider.keys import lifecycle
from provider.keys.rotation import LastActiveKey, UnknownKey
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.store import keys as stored_keys
from provider.store import sealed_values
from provider.store.keys import StoredKey

_AT_ONCE = 500
"""Client secrets that one transaction seals anew."""


@click.group()
def keys() -> None:
    """The keys that sign tokens.

    They change by themselves, by age. A new key is published (next) well before it signs
    (active); an old one stays published (retired) until everything it signed has expired.
    """


@keys.command("list")
@json_option
def show_list(as_json: bool) -> None:
    """List the keys and their states."""
    with operating(read_only=True) as ctx:
        found, now = stored_keys.all_keys(ctx.tx), ctx.now
    if as_json:
        print_json([_document(key, now) for key in found])
        return
    _print(found, now, "There are no keys yet; the first start makes them.")


@keys.command()
@click.option("--alg", help="Only this algorithm, for example ES256; HS256 derives tokens.")
@click.option("--immediately", is_flag=True, help="Sign with it as soon as it is known.")
@json_option
def rotate(alg: str | None, immediately: bool, as_json: bool) -> None:
    """Make new keys before their time.

    They are published now and sign after the setting keys.publish_before, so that every
    application has seen them by then. If a key is in the wrong hands:

    \b
      signet keys rotate --alg ES256 --immediately
      signet keys retire KID
    """
    with _changing() as ctx:
        created = ctx.keyring.rotate(ctx.tx, ctx.now, alg, immediately=immediately)
        for key in created:
            ctx.record("key_rotated", detail={"kid": key.kid, "alg": key.alg})
    if as_json:
        print_json([_document(key, ctx.now) for key in created])
        return
    _print(created, ctx.now, "Another process has just rotated; see signet keys list.")


@keys.command(context_settings=MAY_BEGIN_WITH_A_DASH)
@click.argument("kid")
@click.option("--yes", is_flag=True, help="Do not ask.")
def retire(kid: str, yes: bool) -> None:
    """End a key at once, for emergencies.

    It no longer signs and is no longer published: what it signed becomes invalid, and
    refresh tokens derived from it end, so people may have to sign in again. What is still
    encrypted to it can not be read. The key that names people to clients can not be retired.
    """
    if not yes:
        click.confirm(f"Everything key {kid} made becomes invalid. Continue?", abort=True)
    with _changing() as ctx:
        ctx.keyring.retire(ctx.tx, ctx.now, kid)
        ctx.record("key_retired", detail={"kid": kid})
    click.echo(f"Retired {kid}.")


@keys.command()
@json_option
def reseal(as_json: bool) -> None:
    """Seal everything under the present secret_key, after it was changed.

    Keys and client secrets that an earlier secret_key sealed open under it still, as long as
    it stands in previous_secret_keys. Once this has run, and every process has the new
    secret_key, previous_secret_keys can be emptied.
    """
    with _changing() as ctx:
        own = ctx.keyring.reseal(ctx.tx)
    secrets = 0
    after: str | None = ""
    while after is not None:
        with operating() as ctx:
            resealed, after = client_secret.reseal(ctx, after, _AT_ONCE)
            secrets += resealed
    with operating() as ctx:
        if own or secrets:
            ctx.record("secrets_resealed", detail={"keys": own, "client_secrets": secrets})
        left = sum(sealed_values.count_others(ctx.tx, ctx.provider.vault.fingerprint))
    if as_json:
        print_json({"keys": own, "client_secrets": secrets, "left": left})
        return
    click.echo(f"Sealed anew: {own} keys, {secrets} client secrets.")
    if left:
        click.echo(f"{left} could not be opened; see: signet check")


@contextmanager
def _changing() -> Iterator[Context]:
    with operating() as ctx:
        try:
            yield ctx
        except (UnknownKey, LastActiveKey, WrongMasterKey, SealBroken) as error:
            raise Failed(str(error)) from None


def _print(found: list[StoredKey], now: int, empty: str) -> None:
    print_table(
        ("KID", "ALG", "PURPOSE", "STATE", "ACTIVE FROM", "RETIRED FROM", "GONE FROM"),
        [
            (
                key.kid,
                key.alg,
                key.purpose,
                lifecycle.state(key, now),
                when(key.activates_at),
                when(key.retires_at),
                when(key.expires_at),
            )
            for key in found
        ],
        empty,
    )


def _document(key: StoredKey, now: int) -> dict[str, Any]:
    return {
        "kid": key.kid,
        "alg": key.alg,
        "purpose": key.purpose,
        "state": lifecycle.state(key, now),
        "created_at": key.created_at,
        "activates_at": key.activates_at,
        "retires_at": key.retires_at,
        "expires_at": key.expires_at,
        "public": key.public,
    }
