"""What commands on the database share with requests: an assembled provider and a context
with one transaction and one `now`, so that a command ends access by the same path and
leaves the same audit trail as everybody else. Nothing is done to a schema that is not the
one this code knows."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from migrations import revisions
from provider import logs
from provider.cli.configured import configured
from provider.cli.output import Failed, Refused
from provider.context import Context, Provider
from provider.http import Request
from provider.settings import Settings
from provider.settings.serving import NO_SECRET_KEY
from provider.store import revision
from provider.store.revision import Schema, State
from provider.store.unit_of_work import StorageUnavailable, open_engine, outages, transaction

ADDRESS = "command line"
"""Where the audit trail says that a command came from."""


@contextmanager
def operating(settings: Settings | None = None, *, read_only: bool = False) -> Iterator[Context]:
    """Open the provider of the settings; the work is kept if the block ends well."""
    logs.configure("warning")
    settings = settings or configured()
    require_current(present_schema(settings))
    provider = assembled(settings)
    request = Request(method="", path="", address=ADDRESS)
    ctx = provider.open(request, read_only=read_only)
    ctx.operator = _operator()
    try:
        with reachable(), outages():
            yield ctx
            ctx.keep()
    finally:
        ctx.work.close()
        provider.engine.dispose()


def _operator() -> str:
    """Return who is at the command line, as the system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


@contextmanager
def reachable() -> Iterator[None]:
    """Say in one line that the database can not be used, and why."""
    try:
        yield
    except StorageUnavailable as error:
        words = trouble_words(error)
        raise Failed(f"the database can not be used: {words}. See: signet check") from None


def trouble_words(error: StorageUnavailable) -> str:
    """Return in one line what the database's driver said."""
    original = getattr(error.__cause__, "orig", None) or error
    return next(iter(str(original).strip().splitlines()), type(original).__name__)


def assembled(settings: Settings) -> Provider:
    """Return the provider of the settings. Raises Refused without a secret key."""
    from provider.app import create_provider

    if settings.secret_key is None:
        raise Refused([NO_SECRET_KEY])
    return create_provider(settings)


def present_schema(settings: Settings) -> Schema:
    """Return how the database of the settings relates to this code. Raises Failed."""
    file = settings.database_file
    if file is not None and not file.exists():
        return Schema(revision=None, head=revisions()[-1])
    engine = open_engine(settings.database_url)
    try:
        with reachable(), transaction(engine, read_only=True) as tx:
            return revision.inspect(tx)
    finally:
        engine.dispose()


def require_current(schema: Schema) -> None:
    """Raise Failed, with the way out, unless the schema is the one this code knows."""
    if words := schema_words(schema):
        raise Failed(words)


def schema_words(schema: Schema) -> str | None:
    """Say what is wrong with a schema and what to do about it, or return None."""
    match schema.state:
        case State.CURRENT | State.NEWER:
            return None
        case State.EMPTY:
            return "the database has no tables yet. Run: signet migrate"
        case State.BEHIND:
            return (
                f"the database is at revision {schema.revision}, behind this version of Signet "
                f"({schema.head}). Run: signet migrate"
            )
        case State.AHEAD:
            return (
                f"the database is at revision {schema.revision}, ahead of this version of Signet "
                f"({schema.head}). Use the newer version, or walk the database back with it: "
                f"signet migrate --revision {schema.head}"
            )
