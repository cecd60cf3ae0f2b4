"""`signet audit`: who did what, as which client, from where, and why it was refused. Reads the
audit trail and never writes to it; what it shows has no secret in it."""

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import click
import orjson

from provider.cli.naming import account_named
from provider.cli.operating import operating
from provider.cli.output import when
from provider.context import Context
from provider.settings.kinds import duration
from provider.store import accounts, events
from provider.store.events import Event, Wanted
from provider.store.unit_of_work import transaction

_EVERY = 1.0
"""Seconds between two looks of `--follow`."""

_LATE = 1000
"""How many numbers back an event is looked for that was written late."""

_AT_ONCE = 500


@click.command()
@click.option("--user", "login", metavar="USERNAME_OR_EMAIL", help="Only about this account.")
@click.option("--client", "client_id", help="Only about this client.")
@click.option("--event", "name", help="Only events of this name, such as sign_in_failed.")
@click.option("--since", metavar="WHEN", help='Not before: "2h", "7d", or 2026-01-31T08:00.')
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--follow", is_flag=True, help="Go on and show what is added, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def audit(
    login: str | None,
    client_id: str | None,
    name: str | None,
    since: str | None,
    limit: int,
    follow: bool,
    as_json: bool,
) -> None:
    """Read the audit trail: what was decided, about whom, from where, and why.

    \b
      signet audit --user alex --since 7d
      signet audit --event client_authentication_failed --json
      signet audit --follow

    Shows the newest events, oldest first. Events are kept for the time that the setting
    events_kept says, and nothing changes or removes them before.
    """
    with operating(read_only=True) as ctx:
        wanted = Wanted(
            account_id=account_named(ctx, login).id if login else None,
            client_id=client_id,
            name=name,
            since=_moment(since, ctx.now) if since else None,
        )
        shown = _Shown(ctx, as_json=as_json)
        known = [number for number, _ in events.newest(ctx.tx, Wanted(), limit=_LATE)]
        found = events.newest(ctx.tx, wanted, limit=limit)
        shown.show(found)
        if not follow:
            if not found and not as_json:
                click.echo("There are no such events.")
            return
        ctx.work.close()
        with suppress(KeyboardInterrupt):
            for added in _added(ctx, wanted, {*known, *(number for number, _ in found)}):
                shown.show(added)


def _added(ctx: Context, wanted: Wanted, known: set[int]) -> Iterator[list[tuple[int, Event]]]:
    """Yield what is added to the trail beyond the `known` numbers, also where it appears late."""
    last = max(known, default=0)
    while True:
        with transaction(ctx.provider.engine, read_only=True) as tx:
            found = events.after(tx, wanted, last - _LATE, limit=_LATE + _AT_ONCE)
        added = [(number, event) for number, event in found if number not in known]
        yield added
        known = {number for number in known if number > last - 2 * _LATE}
        known.update(number for number, _ in added)
        last = max([last, *(number for number, _ in added)])
        if len(found) < _LATE + _AT_ONCE:
            time.sleep(_EVERY)


class _Shown:
    """Writes events, one per line, with names that people know."""

    def __init__(self, ctx: Context, *, as_json: bool) -> None:
        self._ctx = ctx
        self._as_json = as_json
        self._names: dict[str, str] = {}

    def show(self, found: list[tuple[int, Event]]) -> None:
        """Write these."""
        for number, event in found:
            line = self._document(number, event) if self._as_json else self._sentence(event)
            click.echo(line)

    def _document(self, number: int, event: Event) -> str:
        facts: dict[str, Any] = {
            "number": number,
            "at": datetime.fromtimestamp(event.at, UTC).isoformat(),
            "event": event.name,
            "username": self._name(event.account_id),
            **{name: value for name, value in vars(event).items() if name not in _OWN},
        }
        return orjson.dumps({name: value for name, value in facts.items() if value}).decode()

    def _sentence(self, event: Event) -> str:
        about = [
            when(event.at, to_the_second=True),
            event.name,
            *(f"{name}={value}" for name, value in self._who(event).items() if value),
            f"from={event.address or 'unknown'}",
            *(f"{name}={_quoted(value)}" for name, value in event.detail.items()),
        ]
        return "  ".join(about)

    def _who(self, event: Event) -> dict[str, str | None]:
        name = self._name(event.account_id)
        return {"user": name or event.account_id, "client": event.client_id}

    def _name(self, account_id: str | None) -> str:
        if account_id is None:
            return ""
        if account_id not in self._names:
            with transaction(self._ctx.provider.engine, read_only=True) as tx:
                account = accounts.find(tx, account_id)
            self._names[account_id] = account.username if account else ""
        return self._names[account_id]


_OWN = frozenset({"at", "name", "expires_at"})


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f'"{text}"' if " " in text else text


def _moment(written: str, now: int) -> int:
    """Return the second that --since means. Raises UsageError."""
    try:
        return now - duration(written)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise click.UsageError(
            f'--since {written}: write "2h", "7d" or a time such as 2026-01-31T08:00'
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
