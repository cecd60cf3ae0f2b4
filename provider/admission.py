"""Who waits for whom in one worker of `signet serve`. A thread that reads a body waits for the
network, and a client may be slow on purpose; a thread that answers needs the processor and the
database. So there are many threads to read and few places to answer: slow clients hold up each
other and nobody else, and a burst queues here instead of at the database. Who waits for another
server has no place (`turns`), and what is answered from memory needs none. Once a request is here,
its time runs (`patience`): who got no place within it is refused with 503 and Retry-After and not
carried out, as its client has given up and may have asked for the same again. Where reading or
waiting is crowded, more is refused at once, so that always a thread is left to notice a request
when it comes; one that the server kept to itself would be as old, and nobody would know."""

from collections.abc import Callable, Iterable
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any

from provider.ambient import SystemTicks, Ticks
from provider.http import MAX_BODY
from provider.patience import Overdue, Patience, kept
from provider.turns import MOST_IN_LINE, Crowded, Turns

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

READING = 96
"""Bodies that one worker reads at a time."""

THREADS = READING + MOST_IN_LINE + 64
"""Threads of a worker, so that some are always left to answer, and to refuse."""

_BUSY = b'{"error":"temporarily_unavailable","error_description":"Too many requests at once."}'
_HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Length", str(len(_BUSY))),
    ("Cache-Control", "no-store"),
    ("Retry-After", "1"),
    ("Connection", "close"),
]


class Admission:
    """A WSGI layer that reads bodies first, then lets `places` requests in at a time, but for
    those whose path needs no place."""

    def __init__(
        self,
        application: Wsgi,
        places: int,
        needs_none: Callable[[str], bool] = lambda _path: False,
        ticks: Ticks | None = None,
    ) -> None:
        self._application = application
        self._needs_none = needs_none
        self._ticks = ticks or SystemTicks()
        self._turns = Turns(places)
        self._reading = BoundedSemaphore(READING)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Read, wait for a place, answer."""
        if environ["REQUEST_METHOD"] in ("POST", "PUT"):
            if not self._reading.acquire(blocking=False):
                return _refuse(start_response)
            try:
                environ["wsgi.input"] = _read(environ)
            finally:
                self._reading.release()
        with kept(Patience(ticks=self._ticks)):
            if self._needs_none(environ.get("PATH_INFO", "")):
                return self._application(environ, start_response)
            return self._in_turn(environ, start_response)

    def _in_turn(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            self._turns.take()
        except (Crowded, Overdue):
            return _refuse(start_response)
        try:
            return self._application(environ, start_response)
        finally:
            self._turns.give_back()


def _refuse(start_response: Any) -> list[bytes]:
    start_response("503 Service Unavailable", _HEADERS)
    return [_BUSY]


def _read(environ: dict[str, Any]) -> Any:
    """Return the body in memory, as much of it as we take and one byte more. One that is
    announced as too long is left where it is; it is refused unread."""
    announced = environ.get("CONTENT_LENGTH") or ""
    if not announced:
        return BytesIO(environ["wsgi.input"].read(MAX_BODY + 1))
    if announced.isascii() and announced.isdigit() and int(announced) <= MAX_BODY:
        return BytesIO(environ["wsgi.input"].read(int(announced)))
    return environ["wsgi.input"]
