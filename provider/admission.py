"""Who waits for whom in one worker of `signet serve`. A thread that reads a body waits for the
network, and a client may be slow on purpose; a thread that answers needs the processor and the
database. So there are many threads to read and few places to answer: slow clients hold up each
other and nobody else, and a burst queues here instead of at the database. Who waits for another
server has no place (`turns`). Where even reading is crowded, further bodies are refused with 503
and Retry-After before a byte of them is read; what has no body is always served."""

from collections.abc import Callable, Iterable
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any

from provider.http import MAX_BODY
from provider.turns import Turns

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

READING = 96
"""Bodies that one worker reads at a time."""

THREADS = READING + 32
"""Threads of a worker, so that some are always left to answer."""

_BUSY = b'{"error":"temporarily_unavailable","error_description":"Too many requests at once."}'
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_BUSY))),
    ("Cache-Control", "no-store"),
    ("Retry-After", "1"),
    ("Connection", "close"),
]


class Admission:
    """A WSGI layer that reads bodies first, then lets `places` requests in at a time."""

    def __init__(self, application: Wsgi, places: int) -> None:
        self._application = application
        self._turns = Turns(places)
        self._reading = BoundedSemaphore(READING)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Read, wait for a place, answer."""
        if environ["REQUEST_METHOD"] in ("POST", "PUT"):
            if not self._reading.acquire(blocking=False):
                start_response("503 Service Unavailable", _HEADERS)
                return [_BUSY]
            try:
                environ["wsgi.input"] = _read(environ)
            finally:
                self._reading.release()
        with self._turns:
            return self._application(environ, start_response)


def _read(environ: dict[str, Any]) -> Any:
    """Return the body in memory, as much of it as we take and one byte more. One that is
    announced as too long is left where it is; it is refused unread."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if not announced:
        return BytesIO(environ["wsgi.input"].read(MAX_BODY + 1))
    if announced.isascii() and announced.isdigit() and int(announced) <= MAX_BODY:
        return BytesIO(environ["wsgi.input"].read(int(announced)))
    return environ["wsgi.input"]
