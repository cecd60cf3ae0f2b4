"""What a process does between requests, without a cron job and without a thread: makes
the next signing key when one is due, and removes a bounded number of expired rows. Asked
before a request is served, at most every ten seconds; several processes may do it at
once. A failure is logged and delays nobody."""

from collections.abc import Callable, Iterable
from typing import Any

from provider.context import Provider, log
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.status_list.places import NAMED_FOR
from provider.store import events, expiry, status_lists
from provider.store.events import Event
from provider.store.keys import StoredKey
from provider.store.unit_of_work import StorageUnavailable, Transaction, transaction

EVERY = 10
"""Seconds between two rounds of one process; one where a round left something over."""

AGAIN = 2
"""Seconds after a round that failed: a database that does not answer is asked by the requests
themselves, and waiting for it twice would only make them slower."""

ROWS = 200
"""Expired rows of each table that one round removes at most."""

ADDRESS = "housekeeping"
"""Where the audit trail says that it came from."""

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
            except (StorageUnavailable, WrongMasterKey, SealBroken) as error:
                self._due_at = now + AGAIN
                log.warning("housekeeping_failed", reason=str(error))
        return self._application(environ, start_response)


def keep_house(provider: Provider, now: int) -> dict[str, int]:
    """Do one round. Return how many expired rows of each table were removed."""
    with transaction(provider.engine) as tx:
        if provider.keyring.is_due(now):
            _note(provider, tx, provider.keyring.ensure(tx, now), now)
        removed = expiry.purge(tx, now=now, limit=ROWS)
        if dropped := status_lists.drop(tx, closed_before=now - NAMED_FOR):
            removed["status_list"] = dropped
    for table, rows in removed.items():
        provider.metrics.removed(table, rows)
    return removed


def _note(provider: Provider, tx: Transaction, made: list[StoredKey], now: int) -> None:
    """Write down that keys were made by themselves."""
    expires_at = now + provider.settings.events_kept
    events.add(
        tx,
        [
            Event(
                at=now,
                name="key_made",
                address=ADDRESS,
                expires_at=expires_at,
                detail={"kid": key.kid, "alg": key.alg, "purpose": key.purpose},
            )
            for key in made
        ],
    )
