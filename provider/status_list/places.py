"""Gives away places in status lists. A process leases a block of them from the open list, in
the transaction of the request that needs the first, and hands out the rest from memory: of
256 authorizations 255 cost no statement. The rest of a block becomes the process's own only
when that transaction is kept. Choice: 256, and for a day at most, so that many quiet
processes do not use up lists; a place that is never handed out costs nothing but room."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from provider.ambient import Entropy
from provider.model.status import StatusPlace
from provider.settings.tables import StatusLists
from provider.status_list.permutation import place_of
from provider.store import status_lists, token_status
from provider.store.status_lists import LeasedBlock
from provider.store.unit_of_work import Transaction

BLOCK = 256
LEASE = 86400
"""Seconds after which a process gives up what it leased."""

NAMED_FOR = LEASE + token_status.KEPT
"""Seconds after the end of a list within which a new token may still name it."""

_SEED = 32

OnceKept = Callable[[Callable[[], None]], None]


class Places:
    """The places that this process may give away. Safe to use from several threads."""

    def __init__(self, settings: StatusLists, entropy: Entropy) -> None:
        self._size = settings.size
        self._block = max(1, min(BLOCK, settings.size // 4))
        self._entropy = entropy
        self._lock = Lock()
        self._leases: list[_Lease] = []

    def take(self, tx: Transaction, now: int, once_kept: OnceKept) -> StatusPlace:
        """Return a place that nobody else gets. `once_kept` is told what to do when `tx` is."""
        if place := self._from_memory(now):
            return place
        block = status_lists.lease(
            tx,
            block=self._block,
            size=self._size,
            now=now,
            new_seed=lambda: self._entropy.token_bytes(_SEED),
        )
        once_kept(lambda: self._adopt(block, now))
        return _place(block, block.first)

    def _from_memory(self, now: int) -> StatusPlace | None:
        with self._lock:
            while self._leases:
                lease = self._leases[-1]
                if lease.left and abs(now - lease.leased_at) < LEASE:
                    return _place(lease.block, lease.left.pop())
                self._leases.pop()
        return None

    def _adopt(self, block: LeasedBlock, now: int) -> None:
        with self._lock:
            self._leases.append(_Lease(block, now, list(range(block.first + 1, block.end))))


@dataclass(frozen=True)
class _Lease:
    block: LeasedBlock
    leased_at: int
    left: list[int]


def _place(block: LeasedBlock, counter: int) -> StatusPlace:
    return StatusPlace(block.number, place_of(counter, block.seed, block.size))
