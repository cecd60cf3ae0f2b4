"""The status lists as a process serves them: from memory, signed anew when something changed,
when half their life has passed, or when the key that signed them no longer signs. Between
looks nothing is read. A look reads what changed since a little before the last one, wide
enough for clocks a minute apart and for transactions that took their time; every ten minutes
everything, which also forgets what has expired. Where the database does not answer, what is
known is served until the `exp` that it had; a list whose state nobody knows is not signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from provider.ambient import Clock
from provider.glance import Glance
from provider.keys.keyring import Keyring, OpenTransaction
from provider.keys.purposes import STATUS_LIST
from provider.model.status import VALID
from provider.settings import Settings
from provider.status_list import writing
from provider.store import status_lists, token_status
from provider.store.unit_of_work import StorageUnavailable, Transaction

WINDOW = 120
"""Seconds before the last look from which changes are read again."""

RELOAD = 600
"""Seconds after which everything is read again."""

_AHEAD = 16
"""How many lists other processes can have opened since the last look."""

Entries = Mapping[int, int]
_NONE: Entries = {}


@dataclass(frozen=True)
class Known:
    """What was read: the size of every list, and of each the entries that are not VALID. An
    `Entries` is never changed, so one that is the same object says the same."""

    as_of: int
    reloaded_at: int
    sizes: Mapping[int, int]
    entries: Mapping[int, Entries]


@dataclass(frozen=True)
class Signed:
    """A status list token, with what it was made of."""

    body: bytes
    etag: str
    source: tuple[Entries, int, str]


class Board:
    """The lists of this process. Safe to use from several threads."""

    def __init__(
        self, settings: Settings, transactions: OpenTransaction, clock: Clock, keyring: Keyring
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._keyring = keyring
        self._glance = Glance(transactions, clock, read)
        self._lock = Lock()
        self._signed: dict[int, Signed] = {}

    def uris(self) -> list[str]:
        """Return the addresses of all lists. Raises StorageUnavailable."""
        return [writing.uri(self._settings.issuer, one) for one in self._glance.known().sizes]

    def find(self, number: int) -> Signed | None:
        """Return a list as it is to be served, or None where there is no such list.

        Raises StorageUnavailable where its state has not been known for too long.
        """
        known = self._glance.known()
        if number not in known.sizes:
            newest = max(known.sizes, default=0)
            if not newest < number <= newest + _AHEAD:
                return None
            known = self._glance.known(look_again=True)
            if number not in known.sizes:
                return None
        return self._sign(number, known)

    def _sign(self, number: int, known: Known) -> Signed:
        half = self._settings.status_lists.lifetime // 2
        expires_at = (known.as_of // half + 2) * half
        if self._clock.now() >= expires_at:
            raise StorageUnavailable("the status lists have not been read for too long")
        alg = self._settings.keys.access_token_alg
        kid = self._keyring.signing_kid(alg, known.as_of)
        source = known.entries.get(number, _NONE), expires_at, kid
        with self._lock:
            signed = self._signed.get(number)
            if signed is None or not _is_same(signed.source, source):
                signed = self._signed[number] = self._write(number, known, source)
                for dropped in self._signed.keys() - known.sizes.keys():
                    del self._signed[dropped]
        return signed

    def _write(self, number: int, known: Known, source: tuple[Entries, int, str]) -> Signed:
        """Choice: `exp` moves in steps of half a life, the same in every process, so that one
        ETag means one content and one `exp`; it is weak because signatures differ."""
        entries, expires_at, _ = source
        packed = writing.pack(known.sizes[number], entries)
        content = writing.claims(
            self._settings.issuer,
            number,
            packed,
            issued_at=known.as_of,
            expires_at=expires_at,
            ttl=self._settings.status_lists.ttl,
        )
        alg = self._settings.keys.access_token_alg
        token = self._keyring.sign(STATUS_LIST, content, known.as_of, alg)
        tag = sha256(repr((number, expires_at, source[2])).encode() + packed).hexdigest()[:32]
        return Signed(token.encode("ascii"), f'W/"{tag}"', source)


def read(tx: Transaction, now: int, before: Known | None) -> Known:
    """Read what changed, or everything where that is due."""
    sizes = status_lists.sizes(tx)
    if before is None or not before.as_of - WINDOW <= now < before.reloaded_at + RELOAD:
        fresh = token_status.entries(tx, now)
        kept = before.entries if before else {}
        same = {one: kept[one] if kept.get(one) == fresh[one] else fresh[one] for one in fresh}
        return Known(now, now, sizes, same)
    changed = token_status.changed_since(tx, before.as_of - WINDOW)
    entries = dict(before.entries)
    for number, changes in changed.items():
        earlier = entries.get(number, _NONE)
        merged = {**earlier, **changes}
        merged = {index: status for index, status in merged.items() if status != VALID}
        if merged != earlier:
            entries[number] = merged
    return Known(now, before.reloaded_at, sizes, entries)


def _is_same(one: tuple[Entries, int, str], other: tuple[Entries, int, str]) -> bool:
    return one[0] is other[0] and one[1:] == other[1:]
