"""Starts and ends the provider of a test: what `app` assembles in production, with a clock to set
and behind a port. The fixture `signet` is this, once
per test; whoever has no pytest calls `running` itself."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from provider.ambient import SystemClock
from provider.app import create_app, guarded_fetcher
from provider.context import Provider
from provider.settings import kinds
from provider.testing.clock import SettableClock
from provider.testing.server import Server
from provider.testing.signet import Signet
from provider.testing.template import Template


class _ThisMachine(Collection[str]):
    """Hosts that requests of ours may reach: those of the settings, and whatever listens here,
    because the applications of a test take any free port."""

    def __init__(self, named: Collection[str]) -> None:
        self._named = named

    def __contains__(self, host: object) -> bool:
        name = str(host).removeprefix("http://").rpartition(":")[0] or str(host)
        return host in self._named or kinds.is_loopback(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)


@contextmanager
def running(template: Template, folder: Path, **values: Any) -> Iterator[Signet]:
    """Serve a provider of its own, in `folder`, with these settings, until the block ends.

    Its clock begins at the second it is now. Raises pydantic's ValidationError for settings
    that are wrong.
    """
    if taken := sorted({"issuer", "host", "port", "database_url", "secret_key"} & values.keys()):
        raise ValueError(f"{taken[0]} is not a test's to set")
    server, clock = Server(), SettableClock(SystemClock().now())
    try:
        settings = template.settings(folder, {"issuer": server.url, **values})
        fetcher = guarded_fetcher(settings, _ThisMachine(settings.outgoing.allow_hosts))
        app = create_app(settings, clock=clock, fetcher=fetcher)
        provider: Provider = app.extensions["signet"]
        server.application = app
        signet = Signet(provider, server, clock)
        signet.start()
        try:
            yield signet
        finally:
            signet.stop()
            provider.engine.dispose()
    finally:
        server.stop()
