"""`signet serve`: the production WSGI server. It refuses settings others could be harmed
by, a schema that is not this version's, keys it can not open and a port in use, each in one
line, and stops gracefully on SIGTERM and SIGINT: what is being answered is answered. Choice:
granian, which of the servers measured asks the least for an answer (0.03 ms of CPU; gunicorn
0.14), with one place to answer per worker on SQLite, which has one writer, and four on
PostgreSQL. It speaks HTTP/1 alone: HTTP/2 is for the proxy in front and its browsers."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import click

from provider import logs
from provider.admission import THREADS
from provider.cli import descriptors, without_collecting
from provider.cli.configured import configured
from provider.cli.operating import present_schema, require_current
from provider.cli.output import Failed, Refused
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
    if settings.metrics_address:
        at, _, number = settings.metrics_address.rpartition(":")
        require_free_port(at.strip("[]"), int(number), "metrics_address")
    logs.configure(settings.log_level, settings.log_format)
    descriptors.raise_limit()
    with _counted(settings):
        _run(settings)


@contextmanager
def _counted(settings: Settings) -> Iterator[None]:
    """Give the workers a folder to count in, where metrics are wanted."""
    if settings.metrics_address is None:
        yield
        return
    with TemporaryDirectory(prefix="signet-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def _run(settings: Settings) -> None:
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    with without_collecting():
        from provider.cli import worker
        from provider.keys.vault import SealBroken, WrongMasterKey

        try:
            worker.prepare(settings)
        except (WrongMasterKey, SealBroken) as error:
            raise Failed(str(error)) from None
    server = Server(
        f"{worker.__name__}:{worker.create_app.__name__}",
        factory=True,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        address=settings.host,
        port=settings.port,
        workers=settings.workers,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_WITHIN,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=_LOGGING,
    )
    server.respawned_wrks = _Patience(
        lambda worker: getattr(server.wrks[worker].inner, "exitcode", None)
    )
    server.serve()


class _Patience(dict[int, float]):
    """When workers were started in place of others, as granian's supervisor asks: it stops
    serving where one of them ends soon after. Choice: it should not because somebody kills
    workers, so only who ends at once, again and again, counts as soon; who was killed, by a
    person or for want of memory, ten times as often. `exit_code`: how a worker ended."""

    AT_ONCE = 1.0
    OFTEN = 10
    OFTEN_KILLED = 100

    def __init__(self, exit_code: Callable[[int], int | None]) -> None:
        super().__init__()
        self._exit_code = exit_code
        self._started: dict[int, float] = {}
        self._in_a_row: dict[tuple[int, bool], int] = {}

    def __setitem__(self, worker: int, moment: float) -> None:
        self._started[worker] = moment

    def clear(self) -> None:
        """Keep what is known: a worker that lives is known by the time it lived."""

    def get(self, worker: int, default: Any = 0) -> Any:
        """Return the present moment for a worker that can not start, else `default`."""
        now = monotonic()
        soon = now - self._started.get(worker, 0.0) < self.AT_ONCE
        is_killed = self._exit_code(worker) in (-signal.SIGKILL, -signal.SIGTERM)
        ended = self._in_a_row[worker, is_killed] = (
            self._in_a_row.get((worker, is_killed), 0) + 1 if soon else 0
        )
        return now if ended >= (self.OFTEN_KILLED if is_killed else self.OFTEN) else default


def _concerns_the_operator(record: logging.LogRecord) -> bool:
    """Return False for the advice to have fewer threads: how many work is up to `Admission`."""
    return "Python threads" not in record.getMessage()


_LOGGING = {
    "formatters": {},
    "handlers": {},
    "filters": {"concerns": {"()": lambda: _concerns_the_operator}},
    "loggers": {
        "_granian": {"propagate": True, "filters": ["concerns"]},
        "granian.access": {"propagate": True},
    },
}
"""Granian's own loggers hand over to ours."""
