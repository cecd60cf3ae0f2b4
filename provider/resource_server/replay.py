"""The memory of DPoP proofs that were used (RFC 9449 §11.1): bounded, in slots of time, so that
remembering and forgetting cost the same however many there are. Called by `dpop`.
"""

import threading

from provider.resource_server.after_fork import renewed_after_fork
from provider.resource_server.refusal import Invalid, Unavailable


class Replays:
    """Proofs of the last `lifetime` seconds, `most` at a time, of one process.

    Choice: processes share no memory; where one proof must count once among several, nonces
    bound to a process or sticky routing are the API's to choose.
    """

    def __init__(self, lifetime: float, most: int) -> None:
        self._lifetime = lifetime
        self._most = most
        self._slots: dict[int, set[bytes]] = {}
        self._lock = threading.Lock()
        renewed_after_fork(self)

    def renew(self) -> None:
        """Make a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    def add(self, proof: bytes, issued_at: float, now: float) -> None:
        """Remember a proof made at `issued_at`. Raises Invalid for one that is remembered,
        Unavailable where the memory is full of proofs that could still be replayed."""
        slot = int(issued_at // self._lifetime)
        with self._lock:
            oldest = int((now - self._lifetime) // self._lifetime)
            for past in [one for one in self._slots if one < oldest]:
                del self._slots[past]
            seen = self._slots.get(slot, set())
            if proof in seen:
                raise Invalid("jti: this proof was used before")
            if sum(map(len, self._slots.values())) >= self._most:
                raise Unavailable("the memory of DPoP proofs is full", retry_after=1)
            self._slots.setdefault(slot, seen).add(proof)
