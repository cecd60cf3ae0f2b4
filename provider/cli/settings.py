"""`signet settings`: everything that can be set, and what it is set to."""

import click
from pydantic import BaseModel, SecretStr

from provider.cli.configured import configured
from provider.cli.output import json_option, print_json, print_table
from provider.settings.reading import all_names, variable_of
from provider.store.address import shown


@click.command()
@json_option
def settings(as_json: bool) -> None:
    """List every setting, its value and its environment variable.

    In the settings file a name with a dot stands in a table:

    \b
      issuer = "https://login.example.com"
      [lifetimes]
      access_token = "10m"

    Secrets are not shown; each can stand in a file of its own, named by the setting
    with _file at the end of its name.
    """
    current = configured()
    values = {name: _shown(current, name) for name in all_names() if not name.endswith("_file")}
    if as_json:
        print_json(values)
        return
    rows = [(name, value, variable_of(name)) for name, value in values.items()]
    print_table(("SETTING", "VALUE", "VARIABLE"), rows, "")


def _shown(model: BaseModel, name: str) -> object:
    first, _, rest = name.partition(".")
    value = getattr(model, first)
    if rest:
        return _shown(value, rest)
    if name in ("secret_key", "previous_secret_keys"):
        return "(set)" if value else "(not set)"
    if name == "database_url":
        return shown(value)
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return None if isinstance(value, SecretStr) else value
