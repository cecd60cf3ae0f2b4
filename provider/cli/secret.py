"""`signet secret`: a new master key."""

from base64 import urlsafe_b64encode

import click

from provider.ambient import SystemEntropy
from provider.settings.kinds import MASTER_KEY_BYTES


@click.command()
def secret() -> None:
    """Print a new secret key for the setting secret_key.

    It protects signing keys, sessions and refresh tokens: keep it where only the server
    can read it, and keep a copy, because without it everybody has to sign in again and
    the signing keys are lost.

    \b
      signet secret > /etc/signet/secret_key
      then in the settings file: secret_key_file = "/etc/signet/secret_key"

    To change it, move the old one to previous_secret_keys, start every process with both, and
    run signet keys reseal. After that the old one is not needed any more.
    """
    key = SystemEntropy().token_bytes(MASTER_KEY_BYTES)
    click.echo(urlsafe_b64encode(key).rstrip(b"=").decode())
