"""Registered clients as this process last read them, because every request names one. What is
kept is what is stored: of secrets a digest or a sealed value, never the secret. At most once a
second, when used, the number of changes is looked up, so a change made by any process is seen
within a second, and what is issued in that second is compared with the client's row (`grounds`).
An unknown client is not remembered, so a new one is known at once. Choice:
nothing is kept for longer than a minute, because an older version that serves beside this one,
and an operator's own SQL, change clients and tell nobody."""

from provider.model.client import Client
from provider.store import changes, clients
from provider.store.unit_of_work import UnitOfWork

_KEPT = 2048
"""Clients that are kept at most."""

_LONGEST = 60
"""Seconds for which one is kept at most."""


class ClientCache:
    """The clients one process knows. Safe to use from several threads: what is found out of date
    is left to those who still use it, and nobody writes into it any more."""

    def __init__(self) -> None:
        self._known: dict[str, Client] = {}
        self._marks: tuple[int, int] | None = None
        self._looked_at = self._since = 0

    def find(self, work: UnitOfWork, client_id: str, now: int) -> Client | None:
        """Return the client, disabled or not, as it was at most a second ago.

        Raises StorageUnavailable.
        """
        noted = changes.noted_here(work.engine)
        if self._looked_at != now or self._marks is None or self._marks[1] != noted:
            self._look(work, noted, now)
        known = self._known
        client = known.get(client_id)
        if client is None:
            client = clients.find(work.reading, client_id)
            if client is not None and len(known) < _KEPT:
                known[client_id] = client
        return client

    def forget(self, client_id: str) -> None:
        """Read a client again when it is next asked for: it is known to be out of date."""
        self._known.pop(client_id, None)

    def _look(self, work: UnitOfWork, noted: int, now: int) -> None:
        marks = (changes.count(work.reading, clients.CHANGES), noted)
        is_young = self._since <= now < self._since + _LONGEST
        if marks != self._marks or not is_young or len(self._known) >= _KEPT:
            self._known, self._since = {}, now
        self._marks, self._looked_at = marks, now
