"""The commands of `signet`, one file per command or group of commands. Each is imported when
it is asked for, so that a command pays for what it uses."""

import os
from importlib import import_module
from pathlib import Path

import click

from provider.cli import what_to_install, without_collecting

_COMMANDS = {
    "demo": "provider.cli.demo:demo",
    "serve": "provider.cli.serve:serve",
    "check": "provider.cli.check:check",
    "migrate": "provider.cli.migrate:migrate",
    "secret": "provider.cli.secret:secret",
    "settings": "provider.cli.settings:settings",
    "metadata": "provider.cli.metadata:metadata",
    "map": "provider.cli.map:show_map",
    "features": "provider.cli.features:show_features",
    "client": "provider.cli.client:client",
    "registration-token": "provider.cli.registration_token:registration_token",
    "user": "provider.cli.user:user",
    "authorization": "provider.cli.authorization:authorization",
    "audience": "provider.cli.audience:audience",
    "keys": "provider.cli.keys:keys",
    "logout": "provider.cli.logout:logout",
    "audit": "provider.cli.audit:audit",
    "backup": "provider.cli.backup:backup",
    "restore": "provider.cli.backup:restore",
    "purge": "provider.cli.purge:purge",
}


class _Signet(click.Group):
    """The commands in reading order, each imported when asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let --config stand behind the command as well."""
        for place, word in enumerate(args):
            if word == "--config" or word.startswith("--config="):
                end = place + (1 if "=" in word else 2)
                args = [*args[place:end], *args[:place], *args[end:]]
                break
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        try:
            with without_collecting():
                command: click.Command = getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            raise SystemExit(what_to_install(error)) from None
        return command


@click.group(
    cls=_Signet,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
    epilog="To see it work: signet demo. To look something up: signet COMMAND --help.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The TOML file with your settings (else the one SIGNET_CONFIG names).",
)
@click.version_option(package_name="signet", prog_name="signet")
def cli(config: Path | None) -> None:
    """Signet signs people in: an OpenID Connect provider.

    Settings come from a TOML file and from variables SIGNET_…, which win.

    \b
    First steps with a provider of your own:
      signet secret > secret_key          a key for secret_key_file
      signet --config signet.toml migrate
      signet --config signet.toml check
      signet --config signet.toml user add alex
      signet --config signet.toml client add "My application" --redirect-uri https://…
      signet --config signet.toml serve
    """
    if config is not None:
        os.environ["SIGNET_CONFIG"] = str(config.absolute())
