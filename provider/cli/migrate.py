"""`signet migrate`: bring the database to the schema this version needs."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from migrations import revisions
from provider.cli.configured import configured
from provider.cli.operating import present_schema, reachable, schema_words
from provider.cli.output import Failed, json_option, print_json
from provider.settings import Settings
from provider.store.revision import Schema, State

if TYPE_CHECKING:
    from provider.store.migration_plan import Work


@click.command()
@click.option("--revision", default="head", help="Where to walk to: a number, head or base.")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if behind.")
@click.option("--plan", "only_plan", is_flag=True, help="Change nothing; say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before walking back.")
@json_option
def migrate(revision: str, only_check: bool, only_plan: bool, yes: bool, as_json: bool) -> None:
    """Create the tables, or bring them to what this version needs.

    Safe to run at every start: what is done already is not done again, two at the same
    time do it once, and a failure leaves the schema as it was.

    \b
      signet migrate                      to the newest revision
      signet migrate --plan               what it will do to this database, and for how long
      signet migrate --check              exit code 1 unless up to date
      signet migrate --revision base      take everything away, data included
    """
    from provider.store import migration

    settings = configured()
    if only_check:
        _check(settings, as_json)
        return
    if only_plan:
        _plan(settings, as_json)
        return
    _make_folder(settings)
    with reachable():
        if _goes_back(settings, revision) and not yes:
            click.confirm("Walking back deletes data. Continue?", abort=True)
        try:
            before, after = migration.migrate(settings.database_url, revision)
        except migration.UnknownRevision as error:
            raise Failed(f"{error}. Known: {', '.join(_known())}") from None
        except migration.BrokenReference as error:
            raise Failed(f"nothing was changed, because {error}") from None
        except migration.StepFailed as error:
            raise Failed(f"a step was not taken: {error}. Mend that and run it again") from None
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        click.echo(f"The database is at revision {after or 'base'}; there was nothing to do.")
    else:
        click.echo(f"The database went from revision {before or 'base'} to {after or 'base'}.")


def _plan(settings: Settings, as_json: bool) -> None:
    from provider.store import migration, migration_plan

    file = settings.database_file
    if file is not None and not file.exists():
        raise Failed(f"there is no database {file} yet: signet migrate makes it in a moment")
    with reachable():
        try:
            steps = migration_plan.plan(settings.database_url)
        except migration.UnknownRevision as error:
            raise Failed(f"{error}, which is not known here") from None
    if as_json:
        print_json([asdict(step) for step in steps])
        return
    if not steps:
        click.echo("There is nothing to do.")
        return
    for step in steps:
        click.echo(f"{step.revision}  {step.purpose}")
        for work in step.work:
            click.echo(f"      {_words(work)}")
    every = [work for step in steps for work in step.work]
    seconds = max(sum(work.seconds for work in every if not work.in_batches), 0.1)
    if not any(work.in_batches for work in every):
        click.echo(f"One transaction of about {seconds:.1f} seconds; what waits, waits that long.")
        return
    filling = sum(work.seconds for work in every if work.in_batches)
    click.echo(
        f"Transactions of about {seconds:.1f} seconds in all, and about {filling:.1f} seconds in "
        "which rows are filled, a few at a time. Interrupted, it goes on where it ended."
    )


def _words(work: "Work") -> str:
    about = f"{work.does} {work.table}".strip()
    if work.rows:
        about += f": {work.rows} rows, about {work.seconds:.1f} s"
    return f"{about} (waits: {work.waits})" if work.waits else about


def _make_folder(settings: Settings) -> None:
    """Create the folder an SQLite database is to lie in."""
    if (file := settings.database_file) is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Failed(f"the folder {file.parent} can not be made: {error.strerror}") from None


def _check(settings: Settings, as_json: bool) -> None:
    schema = present_schema(settings)
    if as_json:
        print_json({"revision": schema.revision, "head": schema.head, "state": schema.state.value})
    if words := schema_words(schema):
        raise Failed(words)
    if not as_json:
        click.echo(f"The database is at revision {schema.revision}, {_relation(schema)}.")


def _relation(schema: Schema) -> str:
    if schema.state is State.CURRENT:
        return "which is the newest"
    return f"newer than this version's {schema.head}, which may still serve on it"


def _goes_back(settings: Settings, revision: str) -> bool:
    order = _known()
    found = present_schema(settings).revision or "base"
    target = order[-1] if revision == "head" else revision
    known = target in order and found in order
    return known and order.index(target) < order.index(found)


def _known() -> list[str]:
    return ["base", *revisions()]
