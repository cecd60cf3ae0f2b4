"""What a process does between requests, without a cron job and without a thread: makes
the next signing key when one is due, and removes a bounded number of expired rows. Asked
before a request is served, at most every ten seconds; several processes may do it at
once. A failure is logged and delays nobody."""

from collections.abc import Callable, Iterable
from typing import Any

from provider.context import Provider, log
from provider.store import expiry
from provider.store.unit_of_work import StorageUnavailable, transaction

EVERY = 10
"""Seconds between two rounds of one process; one where a round left something over."""

ROWS = 200
"""Expired rows of each table that one round removes at most."""

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Housekeeping:
    """A WSGI layer that keeps house on the way."""

    def __init__(self, provider: Provider, application: Wsgi) -> None:
        self._provider = provider
        self._application = application
        self._due_at = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Keep house if it is time, then serve."""
        now = self._provider.clock.now()
        if now >= self._due_at:
            self._due_at = now + EVERY
            try:
                if ROWS in keep_house(self._provider, now).values():
                    self._due_at = now + 1
            except StorageUnavailable as error:
                self._due_at = 0
                log.warning("housekeeping_failed", reason=str(error))
        return self._application(environ, start_response)


def keep_house(provider: Provider, now: int) -> dict[str, int]:
    """Do one round. Return how many expired rows of each table were removed."""
    with transaction(provider.engine) as tx:
        if provider.keyring.is_due(now):
            provider.keyring.ensure(tx, now)
        return expiry.purge(tx, now=now, limit=ROWS)
