"""What a process does between requests, without a cron job: makes the next signing key when one
is due, and removes a bounded number of expired rows. Begun by a request, at most every ten
seconds; several processes may do it at once. In `signet serve` a thread of its own does one round,
so that no request waits for it, least of all one that needs no database; elsewhere it is done
before the request is served, within a second where the database is silent. Whatever goes wrong is
told once, until it works again, and harms no request."""

from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import Any

from provider.context import Provider, log
from provider.keys.vault import SealBroken, WrongMasterKey
from provider.patience import IN_PASSING, shorter
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
    """A WSGI layer that keeps house on the way. `apart`: in a thread of its own."""

    def __init__(self, provider: Provider, application: Wsgi) -> None:
        self.apart = False
        self._provider = provider
        self._application = application
        self._lock = Lock()
        self._asked_at = 0
        self._pause = 0
        self._told: str | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Keep house if it is time, then serve."""
        now = self._provider.clock.now()
        if self._is_due(now) and self._lock.acquire(blocking=False):
            self._asked_at, self._pause = now, EVERY
            self._begin(now)
        return self._application(environ, start_response)

    def _is_due(self, now: int) -> bool:
        """Tell whether it is time, also where the clock was ahead and was set back."""
        return not self._asked_at <= now < self._asked_at + self._pause

    def _begin(self, now: int) -> None:
        if not self.apart:
            with shorter(IN_PASSING):
                self._round(now)
            return
        try:
            Thread(target=self._round, args=(now,), name="housekeeping", daemon=True).start()
        except (RuntimeError, MemoryError) as error:  # no thread can be started
            self._lock.release()
            self._fail(type(error).__name__, is_expected=True)

    def _round(self, now: int) -> None:
        """Do one round. Choice: nothing it raises goes further; it is not about the request."""
        try:
            if max(keep_house(self._provider, now).values(), default=0) >= ROWS * BATCHES:
                self._pause = 1
            self._told = None
        except (StorageUnavailable, WrongMasterKey, SealBroken) as error:
            self._fail(str(error), is_expected=True)
        except Exception as error:
            self._fail(type(error).__name__, is_expected=False)
        finally:
            self._lock.release()

    def _fail(self, reason: str, *, is_expected: bool) -> None:
        """Tell what went wrong, unless that was the last thing told."""
        self._pause = AGAIN if is_expected else EVERY
        if reason == self._told:
            return
        self._told = reason
        if is_expected:
            log.warning("housekeeping_failed", reason=reason)
        else:
            log.exception("bug", path=ADDRESS)


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
