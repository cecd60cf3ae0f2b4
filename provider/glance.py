"""What a process knows of rows that others may change: read from the database at most once a
second, when asked, by one thread while the others go on with what is known. So a change is in
every process within a second, without a thread, a message or a statement per request. Where
the database does not answer, what was known stays, and the one who looks in vain waits a second
at most. Used by `audiences`, by the board of the status lists and for readiness; the keyring does
the same in its own way, because it also writes."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from provider.ambient import Clock
from provider.keys.keyring import OpenTransaction
from provider.patience import IN_PASSING, PATIENCE, at_most, shorter
from provider.store.unit_of_work import StorageUnavailable, Transaction

T = TypeVar("T")


class Glance(Generic[T]):
    """Keeps what `read` returns, which gets the transaction, the time, and what it returned
    before (None at first). Safe to use from several threads.

    `trouble` is why the last look failed, if it did.
    """

    def __init__(
        self,
        transactions: OpenTransaction,
        clock: Clock,
        read: Callable[[Transaction, int, T | None], T],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._read = read
        self._lock = Lock()
        self._looked_at: int | None = None
        self._looks = 0
        self._known: T | None = None
        self.trouble: StorageUnavailable | None = None

    def known(self, *, look_again: bool = False) -> T:
        """Return what there is to know, at most a second old; `look_again`: as it is now.

        Raises StorageUnavailable where nothing is known yet, or not as it is now.
        """
        if look_again or self._known is None:
            self._wait_for_a_look()
        elif self._looked_at != self._clock.now() and self._lock.acquire(blocking=False):
            self._look()
        known = self._known
        if known is None or (look_again and self.trouble is not None):
            raise self.trouble or StorageUnavailable("nothing was read yet")
        return known

    def _wait_for_a_look(self) -> None:
        """Look, or share what a look found that somebody else began meanwhile."""
        before = self._looks
        if not self._lock.acquire(timeout=at_most(PATIENCE)):
            raise StorageUnavailable("others look already")
        if self._looks == before:
            self._look()
        else:
            self._lock.release()

    def _look(self) -> None:
        try:
            self._looks += 1
            self._looked_at = now = self._clock.now()
            with (
                shorter(PATIENCE if self._known is None else IN_PASSING),
                self._transactions(read_only=True) as tx,
            ):
                self._known = self._read(tx, now, self._known)
            self.trouble = None
        except StorageUnavailable as error:
            self.trouble = error
        finally:
            self._lock.release()
