"""`signet features`: every specification this version speaks, and where to read how."""

from collections.abc import Iterable
from typing import Any

import click

from provider.authorization_server import AuthorizationServer
from provider.cli.configured import configured
from provider.cli.output import json_option, print_json, print_table
from provider.features import features, known
from provider.parts import EVERYWHERE, Feature, Parts
from provider.settings import Settings


@click.command("features")
@json_option
@click.option("--markdown", is_flag=True, help="Print a Markdown table.")
def show_features(*, as_json: bool, markdown: bool) -> None:
    """List what this provider speaks under its profile; the tables, under each."""
    settings = configured()
    select = known if markdown else features
    found = select(settings, AuthorizationServer())
    if as_json:
        print_json([
            {"name": feature.name, "spec": feature.spec, "files": feature.files()}
            for feature in found
        ])  # fmt: skip
    elif markdown:
        click.echo("\n".join([*_markdown(found), "", *_discovery(settings)]))
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


def _discovery(settings: Settings) -> Iterable[str]:
    """Yield what discovery says in each profile; a cell is empty where it says nothing."""
    documents = [_document(settings, profile) for profile in EVERYWHERE]
    yield "| Discovery | " + " | ".join(f"`{profile}`" for profile in EVERYWHERE) + " |"
    yield "| --- " * (1 + len(EVERYWHERE)) + "|"
    for name in dict.fromkeys(name for document in documents for name in document):
        cells = [_cell(settings, document.get(name)) for document in documents]
        told = [
            "the same" if cell and index and cell == cells[index - 1] else cell
            for index, cell in enumerate(cells)
        ]
        yield f"| `{name}` | " + " | ".join(told) + " |"


def _document(settings: Settings, profile: str) -> dict[str, Any]:
    server = AuthorizationServer()
    parts = Parts(features(settings.model_copy(update={"profile": profile}), server))
    server.assemble(parts)
    return parts.metadata(settings.issuer)


def _cell(settings: Settings, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(f"`{entry}`" for entry in value)
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value or "")
    return f"`{text.removeprefix(settings.issuer) or text}`" if text else ""
