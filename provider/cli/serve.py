"""`signet serve`: the production WSGI server. It refuses settings others could be harmed
by, a schema that is not this version's and a port in use, each in one line, and stops
gracefully on SIGTERM and SIGINT: what is being answered is answered. Choice: granian, with
one thread per worker on SQLite, which has one writer, and four on PostgreSQL."""

import os
from importlib import import_module
from typing import Any

import click

from provider import logs
from provider.cli.configured import configured
from provider.cli.operating import present_schema, require_current
from provider.cli.output import Refused
from provider.cli.port import require_free_port
from provider.settings import Settings, check_serving

_STOP_WITHIN = 20
"""Seconds a worker has to finish what it is answering."""


@click.command()
@click.option("--host", help="Where to listen, instead of the setting.")
@click.option("--port", type=click.IntRange(1, 65535), help="Likewise.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes, instead of the setting.")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Start the provider.

    \b
      signet --config /etc/signet/signet.toml serve
      signet serve --port 9000

    Put a proxy in front that speaks https with browsers, name its address in
    trusted_proxies, and set issuer to the https address people use. SIGTERM or Ctrl-C
    stops it after what is being answered.
    """
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[f"SIGNET_{name}"] = str(value)
    settings = configured()
    if problems := check_serving(settings):
        raise Refused(problems)
    require_current(present_schema(settings))
    require_free_port(settings.host, settings.port, "--port (or SIGNET_PORT)")
    logs.configure(settings.log_level, settings.log_format)
    _run(settings)


def create_app() -> Any:
    """Build the application from the settings. Called once in each worker."""
    from provider.app import create_app as create

    settings = configured()
    logs.configure(settings.log_level, settings.log_format)
    return create(settings)


def _run(settings: Settings) -> None:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    import_module("provider.app")
    Server(
        "provider.cli.serve:create_app",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        blocking_threads=settings.blocking_threads,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_WITHIN,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=_LOGGING,
    ).serve()


_LOGGING = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": True}},
}
"""Granian's own loggers hand over to ours."""
