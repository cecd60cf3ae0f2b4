"""Looking up the addresses of a host within a time limit, for the `fetcher` (RFC 9700 §4.15). The
machine's resolver takes as long as it likes and can not be called off, so it is asked in a thread
that nobody waits for once the time is over. Choice: a few of them and no more; where all hang in
a resolver that does not answer, the next waits for its own limit and is refused."""

from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from time import monotonic

from provider.outgoing.destination import Resolve

AT_ONCE = 16
"""Threads in the resolver at most."""

_Outcome = list[str] | Exception


class Lookups:
    """Asks a resolver. Safe to use from several threads."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._places = BoundedSemaphore(AT_ONCE)

    def within(self, seconds: float, host: str, port: int) -> list[str]:
        """Return the addresses of a host. Raises TimeoutError, or what the resolver raises."""
        deadline = monotonic() + seconds
        if not self._places.acquire(timeout=seconds):
            raise TimeoutError
        outcome: SimpleQueue[_Outcome] = SimpleQueue()
        asking = (host, port, outcome)
        Thread(target=self._ask, args=asking, name="lookup", daemon=True).start()
        try:
            found = outcome.get(timeout=max(0, deadline - monotonic()))
        except Empty:
            raise TimeoutError from None
        if isinstance(found, Exception):
            raise found
        return found

    def _ask(self, host: str, port: int, outcome: SimpleQueue[_Outcome]) -> None:
        try:
            outcome.put(self._resolve(host, port))
        except Exception as error:
            # raised again where it is waited for
            outcome.put(error)
        finally:
            self._places.release()
