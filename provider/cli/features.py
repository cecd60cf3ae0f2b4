"""`signet features`: every specification this version speaks, and where to read how."""

from collections.abc import Iterable

import click

from provider.authorization_server import AuthorizationServer
from provider.cli.configured import configured
from provider.cli.output import json_option, print_json, print_table
from provider.features import features, known
from provider.parts import Feature


@click.command("features")
@json_option
@click.option("--markdown", is_flag=True, help="Print a Markdown table.")
def show_features(*, as_json: bool, markdown: bool) -> None:
    """List what this provider speaks under its profile; the table, under any."""
    select = known if markdown else features
    found = select(configured(), AuthorizationServer())
    if as_json:
        print_json([
            {"name": feature.name, "spec": feature.spec, "files": feature.files()}
            for feature in found
        ])  # fmt: skip
    elif markdown:
        click.echo("\n".join(_markdown(found)))
    else:
        rows = [(feature.name, feature.spec, " ".join(feature.files())) for feature in found]
        print_table(("FEATURE", "SPECIFICATION", "FILES BELOW provider/"), rows, "")


def _markdown(found: Iterable[Feature]) -> Iterable[str]:
    yield "| Feature | Specification | Where, below `provider/` | Profiles |"
    yield "| --- | --- | --- | --- |"
    for feature in found:
        files = " ".join(f"`{file}`" for file in feature.files())
        profiles = ", ".join(f"`{profile}`" for profile in feature.profiles)
        yield f"| {feature.name} | {feature.spec} | {files} | {profiles} |"
