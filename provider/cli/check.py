"""`signet check`: everything that must be right before people depend on it, each with how
to put it right. Later checks run only where those they rest on passed."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from provider.ambient import SystemClock
from provider.cli.check_clients import examine_clients, examine_keys, examine_seals
from provider.cli.check_settings import examine_settings
from provider.cli.finding import Finding
from provider.cli.operating import schema_words, trouble_words
from provider.cli.output import json_option, print_json
from provider.model.audience import Audience
from provider.settings import Settings, SettingsRefused, load
from provider.store import accounts, audiences, clients, diagnosis, revision
from provider.store.unit_of_work import Engine, StorageUnavailable, open_engine, transaction

_TOLERATED_SKEW = 30
_MARKS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


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
    yield from examine_settings(settings)
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
            yield from _audiences(settings, audiences.list_all(tx))
    except StorageUnavailable as error:
        yield Finding(
            "database",
            "fail",
            f"does not answer: {trouble_words(error)}",
            "Check database_url, and that the database is running and lets this user in.",
        )
        return
    if settings.secret_key is not None:
        yield examine_keys(settings)
        yield from examine_seals(settings)
        yield from examine_clients(settings, has_clients)
    if not has_clients:
        fix = 'Register one: signet client add "My application" --redirect-uri https://…'
        yield Finding("clients", "warn", "there are none yet", fix)
    if not has_accounts:
        yield Finding("users", "warn", "there are none yet", "Add one: signet user add NAME")


def _audiences(settings: Settings, wishing: list[Audience]) -> Iterator[Finding]:
    """Name the audiences whose tokens can not be signed as they want them."""
    for one in wishing:
        if one.signing_alg is not None and one.signing_alg not in settings.keys.algorithms:
            what = f"{one.identifier}: wants {one.signing_alg}, for which there is no key"
            fix = "Offer it again (keys.id_token_algorithms), or: signet audience change --alg"
            yield Finding("audiences", "fail", what, fix)


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
