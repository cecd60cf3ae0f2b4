"""`signet backup` and `signet restore`. A copy of an SQLite database is made while it serves. What
was used up or taken away after a copy was made is unknown to it, so restoring ends all access:
everybody signs in again, and nothing that was revoked comes back (Choice: safe before
convenient; `--keep-access` is for a copy after which nothing happened)."""

from pathlib import Path

import click

from provider.cli.configured import configured
from provider.cli.operating import operating
from provider.cli.output import Failed
from provider.context import Context
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.logout import ending
from provider.settings import Settings
from provider.store import accounts, migration, revision
from provider.store import backup as copies
from provider.store.revision import Schema, State
from provider.store.unit_of_work import open_engine, transaction

REASON = "revoked_by_administrator"

_ELSEWHERE = (
    "this is for SQLite. On PostgreSQL use pg_dump --format=custom, and pg_restore; "
    "then run: signet restore"
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE, while it serves.

    The copy is the database at one moment. It does not contain secret_key, without which
    nobody can use it: keep that as well, somewhere else. An existing FILE is left alone.
    """
    settings = configured()
    source = _database(settings)
    if not source.exists():
        raise Failed(f"there is no database {source} yet")
    _copy(source, file)
    schema = _schema(file)
    click.echo(f"Wrote {file}: {file.stat().st_size} bytes, revision {schema.revision}.")
    click.echo("It is of no use without secret_key: keep that too, and not beside it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option(
    "--keep-access",
    is_flag=True,
    help="Leave sessions and tokens alive: only if nothing happened since the copy was made.",
)
@click.option("--yes", is_flag=True, help="Do not ask before ending access.")
def restore(file: Path | None, keep_access: bool, yes: bool) -> None:
    """Put a copy FILE in the place of the SQLite database, and end all access.

    The server must be stopped and its database moved away: nothing is overwritten. A copy
    of an older version is brought to this one's schema.

    A copy does not know what happened after it was made: which tokens were used or revoked,
    who signed out. So all sessions, codes and refresh tokens in it end, and everybody signs
    in again. Access tokens end with them, except at an API that asks nobody, which takes
    one until it expires. Accounts, passwords, clients and their secrets, consents and keys
    are as they were when the copy was made: what was disabled, changed or retired since
    must be again.

    On PostgreSQL: pg_restore first, then this without FILE, which ends the access.
    """
    settings = configured()
    if settings.uses_sqlite and file is not None:
        _place(file, _database(settings), settings)
        try:
            _finish(keep_access=keep_access)
        except BaseException:
            _remove(_database(settings))
            raise
        click.echo(f"Restored {settings.database_file} from {file}.")
    elif settings.uses_sqlite:
        raise click.UsageError("name the FILE to restore")
    elif file is not None:
        raise Failed(_ELSEWHERE)
    elif keep_access:
        raise click.UsageError("--keep-access is for a FILE; without, there is nothing to do")
    else:
        if not yes:
            click.confirm("All sessions and tokens in the database end. Continue?", abort=True)
        _finish(keep_access=False)
    if keep_access:
        click.echo("Sessions and tokens are as they were when the copy was made.")
    else:
        click.echo("All access in it has ended: everybody signs in again.")


def _database(settings: Settings) -> Path:
    if settings.database_file is None:
        raise Failed(_ELSEWHERE)
    return settings.database_file


def _place(file: Path, target: Path, settings: Settings) -> None:
    for there in (target, *copies.companions(target)):
        if there.exists():
            raise Failed(f"{there} exists and is not overwritten: stop the server, move it away")
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy(file, target)
    if _schema(target).state is State.EMPTY:
        _remove(target)
        raise Failed(f"{file} is no database of Signet")
    try:
        migration.migrate(settings.database_url)
    except migration.UnknownRevision as error:
        _remove(target)
        raise Failed(f"{file} is of another version: {error}") from None


def _copy(source: Path, target: Path) -> None:
    try:
        copies.copy(source, target)
    except FileExistsError:
        raise Failed(f"{target} exists and is not overwritten") from None
    except copies.Damaged as error:
        raise Failed(f"{source} can not be copied: {error}") from None
    except OSError as error:
        raise Failed(f"{target} can not be written: {error.strerror}") from None


def _schema(file: Path) -> Schema:
    engine = open_engine(f"sqlite:///{file.absolute()}")
    try:
        with transaction(engine, read_only=True) as tx:
            return revision.inspect(tx)
    finally:
        engine.dispose()


def _finish(*, keep_access: bool) -> None:
    with operating() as ctx:
        try:
            ctx.keyring.snapshot(ctx.now)
        except (WrongMasterKey, SealBroken) as error:
            raise Failed(f"the keys in it can not be used: {error}") from None
        if not keep_access:
            _end_access(ctx)
        ctx.record("restored", detail={"access": "kept" if keep_access else "ended"})


def _end_access(ctx: Context) -> None:
    for account in accounts.list_all(ctx.tx):
        ending.end_account(ctx, account.id, REASON)


def _remove(file: Path) -> None:
    for one in (file, *copies.companions(file)):
        one.unlink(missing_ok=True)
