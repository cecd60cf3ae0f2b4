"""Ways in which a database says nothing: all its processes stopped, a line that swallows what is
sent, one that lets a byte through a second, and a server that takes connections and no more."""

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from tests.faults.cluster import Cluster


@contextmanager
def stopped(database: Cluster) -> Iterator[None]:
    """Stop the postmaster and all its children, as a machine that hangs would."""
    postmaster = database.process_id()
    family = [postmaster, *_children(postmaster)]
    for one in family:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in family:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(one) for one in listed.split()]


class SilentWire:
    """A TCP proxy to a database. While it `is_silent`, nothing passes and nothing is closed, not
    even what is connected anew; with `drips`, one byte a second comes back."""

    def __init__(self, target: int, *, drips: bool = False) -> None:
        self._target, self._drips = target, drips
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ended = threading.Event()
        self.is_silent = False
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        """Cut every line, and take no more."""
        self._ended.set()
        self._listener.close()
        for one in self._threads:
            one.join(10)

    def _start(self, run, *arguments: socket.socket) -> None:  # type: ignore[no-untyped-def]
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        self._listener.settimeout(0.2)
        while not self._ended.is_set():
            with suppress(TimeoutError, OSError):
                client, _ = self._listener.accept()
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with ExitStack() as stack, suppress(OSError):
            stack.enter_context(client)
            server = socket.create_connection(("127.0.0.1", self._target))
            stack.enter_context(server)
            while not self._ended.is_set():
                if self.is_silent and not self._drips:
                    self._ended.wait(0.05)
                    continue
                readable, _, _ = select.select([client, server], [], [], 0.05)
                for one in readable:
                    if not self._pass_on(one, server if one is client else client, client):
                        return

    def _pass_on(self, one: socket.socket, other: socket.socket, client: socket.socket) -> bool:
        """Carry what there is, or a byte of it; return whether there may be more."""
        if self.is_silent and not self._drips:
            return True
        is_slow = self._drips and self.is_silent and one is not client
        found = one.recv(1 if is_slow else 65536)
        other.sendall(found)
        if is_slow:
            self._ended.wait(1)
        return bool(found)


@contextmanager
def mute() -> Iterator[int]:
    """Listen on a port, take connections, and say nothing. Return the port."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=512)) as listener:
        yield int(listener.getsockname()[1])


def seconds_of(began: float) -> float:
    """Return how long something took that began then."""
    return time.monotonic() - began
