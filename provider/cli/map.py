"""`signet map`: which file answers at which address, and which specification it follows."""

from dataclasses import asdict, dataclass
from typing import Any

import click

from provider.cli.configured import configured
from provider.cli.operating import assembled
from provider.cli.output import json_option, print_json, print_table


@dataclass(frozen=True)
class Route:
    """One address."""

    path: str
    methods: tuple[str, ...]
    file: str
    specs: tuple[str, ...]


@click.command("map")
@json_option
def show_map(as_json: bool) -> None:
    """List every address with the file behind it and its specifications."""
    routes = sorted(_routes(), key=lambda route: (route.path, route.methods))
    if as_json:
        print_json([asdict(route) for route in routes])
        return
    print_table(
        ("ROUTE", "METHODS", "FILE", "SPECS"),
        [
            (route.path, " ".join(route.methods), route.file, ", ".join(route.specs))
            for route in routes
        ],
        "",
    )


def _routes() -> list[Route]:
    from provider.app import protocol_routes
    from provider.interaction.routes import GET, POST

    provider = assembled(configured())
    routes = [
        Route(path, endpoint.methods, _file(type(endpoint)), endpoint.specs)
        for path, endpoint in protocol_routes(provider).items()
    ]
    for method, pages in (("GET", GET), ("POST", POST)):
        for path, page in pages.items():
            address = provider.settings.issuer_path + path
            routes.append(Route(address, (method,), _file(page), ()))
    provider.engine.dispose()
    return routes


def _file(answers: Any) -> str:
    return str(answers.__module__).replace(".", "/") + ".py"
