"""What commands print: sentences and tables for people, JSON for scripts, problems in one
line each. Secrets are printed by the command that made them and by no other."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import click
import orjson

from provider.printable import printable, printable_lines

if TYPE_CHECKING:
    from provider.settings import Problem


MAY_BEGIN_WITH_A_DASH: dict[str, Any] = {
    "ignore_unknown_options": True,
    "help_option_names": ["--help"],  # -h would be found within -kid-with-h
}
"""Settings of a command whose argument is a random name, which is no option."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")


class Failed(click.ClickException):
    """The command could not do what was asked: exit code 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the reason in one line."""
        click.echo(f"signet: {self.format_message()}", err=True, file=file)


class Refused(Failed):
    """The settings can not be used: exit code 3, one line per problem."""

    exit_code = 3

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__("\nsignet: ".join(map(str, problems)))


def print_json(document: Any) -> None:
    """Print a document, indented."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    click.echo(printable_lines(orjson.dumps(document, option=options, default=str).decode()))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]], empty: str) -> None:
    """Print rows in columns under their heads, or `empty` where there are none."""
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for row in (heads, *cells):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def print_facts(facts: Mapping[str, Any]) -> None:
    """Print names and values, one per line; what has no value is left out."""
    shown = {name: value for name, value in facts.items() if value not in (None, "", (), {})}
    width = max(map(len, shown), default=0)
    for name, value in shown.items():
        text = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
        click.echo(f"{name.ljust(width)}  {printable(str(text))}")


def when(seconds: int | None, *, to_the_second: bool = False) -> str:
    """Return a time for people: UTC, to the minute or the second."""
    if seconds is None:
        return ""
    form = "%Y-%m-%d %H:%M:%S UTC" if to_the_second else "%Y-%m-%d %H:%M UTC"
    return datetime.fromtimestamp(seconds, UTC).strftime(form)
