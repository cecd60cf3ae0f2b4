"""`signet metadata`: the discovery document (OpenID Connect Discovery §3, RFC 8414 §2)."""

import click

from provider.cli.configured import configured
from provider.cli.operating import assembled
from provider.cli.output import print_json


@click.command()
def metadata() -> None:
    """Print the discovery document, as JSON.

    It is what applications read at the issuer's address followed by
    /.well-known/openid-configuration, and the sum of what is switched on.
    """
    provider = assembled(configured())
    print_json(provider.metadata)
    provider.engine.dispose()
