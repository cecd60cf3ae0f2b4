"""A WSGI application behind a port of this machine, in a thread of its own, that can go away and
come back. Choice: every answer closes its connection, so that once the server is stopped nobody
still hears of it through a line that was open."""

from threading import Thread
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"
_LOOKS_EVERY = 0.01
"""Seconds between two looks at whether to stop."""


class _Silent(WSGIRequestHandler):
    """Says nothing about each request; the provider's own log says what matters."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Write nothing."""
        del type, message, args


class Server:
    """A port, taken at once, and behind it whatever `application` is by then."""

    def __init__(self) -> None:
        self.application: WSGIApplication | None = None
        self._listening: BaseWSGIServer | None = self._listen(0)
        self._thread: Thread | None = None
        self.port = self._listening.server_port

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Answer, on the same port as before."""
        if self._thread is None:
            listening = self._listening = self._listening or self._listen(self.port)
            self._thread = Thread(
                target=listening.serve_forever, args=(_LOOKS_EVERY,), name="signet", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Answer no more; whoever asks now is refused the connection."""
        if self._thread is not None and self._listening is not None:
            self._listening.shutdown()
            self._thread.join()
        if self._listening is not None:
            self._listening.server_close()
        self._listening = self._thread = None

    def _listen(self, port: int) -> BaseWSGIServer:
        def serve(environ: Any, start_response: Any) -> Any:
            if self.application is None:
                raise RuntimeError("nothing is behind the port yet")
            return self.application(environ, start_response)

        return make_server(HOST, port, serve, threaded=True, request_handler=_Silent)
