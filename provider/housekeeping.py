"""What a process does between requests, without a cron job and without a thread: makes
the next signing key when one is due, and removes a bounded number of expired rows. Asked
before a request is served, at most every ten seconds; several processes may do it at
once. A failure is logged and delays nobody."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from provider.context import Provider, log
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.status_list.places import NAMED_FOR
from provider.store import events, expiry, refusals, status_lists
from provider.store.events import Event
from provider.store.keys import StoredKey
from provider.store.unit_of_work import StorageUnavailable, Transaction, transaction

EVERY = 10
"""Seconds between two rounds of one process; one where a round left something over."""

AGAIN = 2
"""Seconds after a round that failed: a database that does not answer is asked by the requests
themselves, and waiting for it twice would only make them slower."""

ROWS = 200
"""Expired rows of each table that one statement removes at most."""

BATCHES = 10
"""Transactions that one round removes expired rows in, at most, where each leaves something over:
so it keeps up with what expires, and no request waits long."""

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
                if max(keep_house(self._provider, now).values(), default=0) >= ROWS * BATCHES:
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
        removed = Counter(_clear(provider, tx, now))
        if dropped := status_lists.drop(tx, closed_before=now - NAMED_FOR):
            removed["status_list"] = dropped
    for batch in range(1, BATCHES):
        if max(removed.values(), default=0) < ROWS * batch:
            break
        with transaction(provider.engine) as tx:
            removed.update(_clear(provider, tx, now))
    for table, rows in removed.items():
        provider.metrics.removed(table, rows)
    return removed


def _clear(provider: Provider, tx: Transaction, now: int) -> dict[str, int]:
    """Remove what has expired; windows of refusals that ended leave their sum as an event."""
    removed = expiry.purge(tx, now=now, limit=ROWS)
    ended, sums = refusals.end(tx, now=now, kept=provider.settings.events_kept, limit=ROWS)
    events.add(tx, sums)
    return {**removed, **({"refusal": ended} if ended else {})}


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
