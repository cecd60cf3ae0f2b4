"""`signet check`: everything that must be right before people depend on it, each with how
to put it right. Later checks run only where those they rest on passed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal
from urllib.parse import urlsplit

import click

from provider.ambient import SystemClock
from provider.cli.operating import assembled, schema_words, trouble_words
from provider.cli.output import json_option, print_json
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.settings import Settings, SettingsRefused, check_serving, load
from provider.store import accounts, clients, diagnosis, revision
from provider.store.unit_of_work import Engine, StorageUnavailable, open_engine, transaction

_TOLERATED_SKEW = 30
_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it stands, and what to do about it."""

    subject: str
    state: Literal["ok", "warn", "fail"]
    what: str
    fix: str = ""


@click.command()
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> None:
    """Look at settings, issuer, database, schema, keys and clock.

    Says for each whether it is right and, if not, how to put it right. Exit code 1 if
    anything would keep the server from working.
    """
    findings = list(examine())
    failed = any(finding.state == "fail" for finding in findings)
    if as_json:
        print_json({"ok": not failed, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark, colour = _MARKS[finding.state]
            click.echo(f"{click.style(mark, fg=colour)}  {finding.subject:<9} {finding.what}")
            if finding.fix:
                click.echo(f"{'':<16}{finding.fix}")
    ctx.exit(1 if failed else 0)


def examine() -> Iterator[Finding]:
    """Yield what is found, in the order in which a start would meet it."""
    try:
        settings = load()
    except SettingsRefused as error:
        for problem in error.problems:
            yield Finding("settings", "fail", problem.what, problem.fix)
        return
    yield from _settings(settings)
    yield from _issuer(settings)
    file = settings.database_file
    if file is not None and not file.exists():
        what = f"the file {file} does not exist yet"
        yield Finding("database", "fail", what, "Run: signet migrate")
        return
    engine = open_engine(settings.database_url)
    try:
        yield from _database(settings, engine)
    finally:
        engine.dispose()


def _settings(settings: Settings) -> Iterator[Finding]:
    problems = check_serving(settings)
    for problem in problems:
        yield Finding("settings", "fail", problem.what, problem.fix)
    if not problems:
        reach = "this machine only" if settings.loopback else "others"
        yield Finding("settings", "ok", f"{settings.environment}, to be reached by {reach}")


def _issuer(settings: Settings) -> Iterator[Finding]:
    parts = urlsplit(settings.issuer)
    where = f"{settings.host}:{settings.port}"
    if not settings.secure and (parts.port or 80) != settings.port:
        yield Finding(
            "issuer",
            "warn",
            f"{settings.issuer} names another port than the server listens on ({where})",
            "Clients will ask the issuer's address; set issuer or port so that they meet.",
        )
    elif settings.secure and not settings.trusted_proxies:
        yield Finding(
            "issuer",
            "warn",
            f"{settings.issuer}, but no trusted_proxies: every request seems to come from "
            "the proxy",
            "Name your proxy's address in trusted_proxies, so that limits and records are "
            "kept per visitor.",
        )
    else:
        yield Finding("issuer", "ok", settings.issuer)


def _database(settings: Settings, engine: Engine) -> Iterator[Finding]:
    try:
        with transaction(engine, read_only=True) as tx:
            schema = revision.inspect(tx)
            kind = "SQLite" if settings.uses_sqlite else "PostgreSQL"
            yield Finding("database", "ok", f"{kind} answers")
            if words := schema_words(schema):
                what, _, fix = words.partition(". ")
                yield Finding("schema", "fail", what, fix)
                return
            yield Finding("schema", "ok", f"revision {schema.revision}")
            now = SystemClock().now()
            yield _clock(now, diagnosis.database_time(tx), diagnosis.newest_record(tx))
            has_clients, has_accounts = clients.list_all(tx), accounts.list_all(tx)
    except StorageUnavailable as error:
        yield Finding(
            "database",
            "fail",
            f"does not answer: {trouble_words(error)}",
            "Check database_url, and that the database is running and lets this user in.",
        )
        return
    if settings.secret_key is not None:
        yield _keys(settings)
    if not has_clients:
        fix = 'Register one: signet client add "My application" --redirect-uri https://…'
        yield Finding("clients", "warn", "there are none yet", fix)
    if not has_accounts:
        yield Finding("users", "warn", "there are none yet", "Add one: signet user add NAME")


def _clock(now: int, theirs: int, newest: int | None) -> Finding:
    apart = abs(now - theirs)
    if apart > _TOLERATED_SKEW:
        return Finding(
            "clock",
            "fail",
            f"this machine and the database are {apart} seconds apart",
            "Keep both in time, for example with chrony or systemd-timesyncd.",
        )
    if newest is not None and newest > now + _TOLERATED_SKEW:
        return Finding(
            "clock",
            "fail",
            f"the newest record is {newest - now} seconds in the future",
            "The clock was set back, or another server's runs ahead: keep all in time.",
        )
    return Finding("clock", "ok", "agrees with the database")


def _keys(settings: Settings) -> Finding:
    now = SystemClock().now()
    provider = assembled(settings)
    try:
        snapshot = provider.keyring.snapshot(now)
    except (WrongMasterKey, SealBroken) as error:
        what, _, fix = str(error).partition(". ")
        return Finding("keys", "fail", what, fix)
    finally:
        provider.engine.dispose()
    if not snapshot.source:
        return Finding("keys", "warn", "there are none yet", "The first start makes them.")
    missing = [alg for alg in settings.keys.algorithms if alg not in snapshot.signing]
    if missing or snapshot.derivation_kid is None:
        what = f"no active key for {' '.join(missing) or 'refresh tokens'}"
        return Finding("keys", "warn", what, "The next start makes it.")
    return Finding(
        "keys", "ok", f"{len(snapshot.source)}, active for {' '.join(snapshot.signing)}"
    )
