"""What a worker of `signet serve` runs. The supervisor builds the application and lets it answer
before it forks, so that workers share what is imported, compiled and read at first use, and are
there sooner; where a system does not fork, each builds its own. No connection and no thread of it
is shared: what needs one begins in the worker."""

import gc
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from wsgiref.util import setup_testing_defaults

import flask

from provider import logs, tracing
from provider.admission import Admission
from provider.app import create_app as build
from provider.app import waits_for_no_turn
from provider.cli import descriptors
from provider.cli.configured import configured
from provider.logout.delivery import Courier
from provider.settings import Settings
from provider.store.unit_of_work import StorageUnavailable

_REHEARSED = ("/health/ready", "/nowhere")
"""What makes use of the database and of a page. The page is the one for refusals, which from then
on needs no file: a worker that has no descriptor left must still say so."""

_prepared: list[flask.Flask] = []
"""The application that workers inherit."""


def prepare(settings: Settings) -> None:
    """Have everything ready that workers can share. What is there then is put out of sight of the
    garbage collector, because its marks would make each worker a copy of all of it.

    Choice: counters and spans belong to one process, so with them a worker builds its own.
    Raises WrongMasterKey, SealBroken.
    """
    app = build(settings.model_copy(update={"metrics_address": None}))
    provider = app.extensions["signet"]
    with suppress(StorageUnavailable):
        provider.keyring.snapshot(provider.clock.now())
    for path in _REHEARSED:
        _ask(app, settings.issuer_path + path)
    provider.engine.dispose()
    if settings.metrics_address is None and not tracing.is_wanted():
        _prepared.append(app)
    gc.freeze()


def _ask(app: flask.Flask, path: str) -> None:
    environ: dict[str, Any] = {"PATH_INFO": path, "REMOTE_ADDR": "127.0.0.1"}
    setup_testing_defaults(environ)
    for _ in app(environ, _started):
        pass


def _started(*_: object) -> Callable[[bytes], object]:
    return len


def create_app() -> Any:
    """Return what a worker serves, and begin what it does besides: tell clients of logouts, show
    metrics, look after its descriptors. Called once in each worker."""
    app = _prepared[0] if _prepared else _built()
    provider = app.extensions["signet"]
    settings = provider.settings
    logs.configure(settings.log_level, settings.log_format)
    if settings.metrics_address:
        from provider.metrics.exposition import Exposition

        Exposition(provider, settings.metrics_address).start()
    Courier(provider).start()
    descriptors.Watch().start()
    app.extensions["signet.housekeeping"].apart = True
    return Admission(app, settings.blocking_threads, waits_for_no_turn(provider))


def _built() -> flask.Flask:
    settings = configured()
    if settings.metrics_address:
        from provider.metrics import counting

        counting.share()
    return build(settings, spans=tracing.configured())
