"""Shows what was counted, in the text format of Prometheus, at an address of its own: never
where the public reaches. One worker at a time holds the address and answers for all of this
machine; should it die, another takes over within a second."""

import os
from socket import SO_REUSEADDR, SOL_SOCKET
from socketserver import ThreadingMixIn
from threading import Event, Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.multiprocess import MultiProcessCollector

from provider.context import Provider, log
from provider.metrics.counting import FOLDER, CountingMetrics
from provider.metrics.gauges import Gauges

_AGAIN = 1.0
"""Seconds until a worker that does not hold the address tries again."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without asking a name server what this machine is called."""
        self.socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "signet", int(self.server_address[1])
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """Write no line for each time somebody looks."""


class Exposition:
    """A thread of a worker that shows the metrics, when no other worker does."""

    def __init__(self, provider: Provider, address: str) -> None:
        self._provider = provider
        host, _, port = address.rpartition(":")
        self._address = host.strip("[]"), int(port)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def registry(self) -> CollectorRegistry:
        """Return what is shown: what all workers counted, and what is looked up."""
        shown = CollectorRegistry()
        if folder := os.environ.get(FOLDER):
            MultiProcessCollector(shown, folder)  # type: ignore[no-untyped-call]
        elif isinstance(self._provider.metrics, CountingMetrics):
            shown.register(self._provider.metrics.registry)
        shown.register(Gauges(self._provider))
        return shown

    def _run(self) -> None:
        application = make_wsgi_app(self.registry())
        while not self._stopping.is_set():
            try:
                server = _Server(self._address, _Quiet)
            except OSError:
                self._stopping.wait(_AGAIN)
                continue
            with server:
                server.set_app(application)
                log.info("metrics_shown", address=f"{self._address[0]}:{server.server_port}")
                server.serve_forever()
