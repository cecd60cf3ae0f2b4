"""The life of a key by its times: next, active, retired, gone (OpenID Connect Core
§10.1.1). Pure rules, used by `keyring`: in which state a key is, which one signs, when
the next is due. A key stands in the published set well before it signs and until the
last thing it signed has expired. Nothing happens at the moments themselves: the times
are written ahead, so all processes change over at the same second."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from provider.keys.encryption import AGREEMENT, RSA
from provider.keys.purposes import OWN_ALGORITHMS
from provider.store.keys import StoredKey

SIGN, DERIVE, ENCRYPT, SUBJECT = "sign", "derive", "encrypt", "subject"
DERIVATION_ALG = "HS256"
SUBJECT_ALG = "A256SIV"
NOTICED_AFTER = 2
"""Seconds within which every process has noticed a change in the database."""

State = Literal["next", "active", "retired", "gone"]


@dataclass(frozen=True, kw_only=True)
class KeyPolicy:
    """When keys change. Seconds.

    `keep_after` is the longest life of anything signed, plus skew, and as long a key still
    opens what was encrypted to it before its successor was published; `derivation_keep_after`
    the longest life of a refresh token family, plus skew.
    """

    keep_after: int
    derivation_keep_after: int
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    rotation_age: int = 90 * 86400
    publish_before: int = 86400

    def __post_init__(self) -> None:
        if unknown := set(self.algorithms) - set(OWN_ALGORITHMS):
            raise ValueError("cannot sign with " + " ".join(sorted(unknown)))
        if not {"RS256", "ES256"} <= set(self.algorithms):
            raise ValueError("RS256 and ES256 are always among the signing algorithms")
        if not 0 <= self.publish_before < self.rotation_age:
            raise ValueError("a key is published for less time than it takes to grow old")

    @property
    def families(self) -> tuple[tuple[str, str], ...]:
        """The purposes and algorithms that always have a key."""
        return (*self.changing, (SUBJECT, SUBJECT_ALG))

    @property
    def changing(self) -> tuple[tuple[str, str], ...]:
        """Those whose keys change. The one that names people to clients never does: with it
        everybody would become somebody else (OpenID Connect Core §8.1)."""
        return (
            *((SIGN, alg) for alg in self.algorithms),
            (DERIVE, DERIVATION_ALG),
            *((ENCRYPT, alg) for alg in (RSA, AGREEMENT)),
        )

    def kept(self, purpose: str) -> int:
        """Return how long a retired key of this purpose is still needed."""
        return self.derivation_keep_after if purpose == DERIVE else self.keep_after


def family_of(keys: Iterable[StoredKey], purpose: str, alg: str) -> list[StoredKey]:
    """Return the keys of one purpose and algorithm."""
    return [key for key in keys if (key.purpose, key.alg) == (purpose, alg)]


def state(key: StoredKey, now: int) -> State:
    """Return where in its life a key is."""
    if key.expires_at is not None and now >= key.expires_at:
        return "gone"
    if key.retires_at is not None and now >= key.retires_at:
        return "retired"
    return "active" if now >= key.activates_at else "next"


def chosen(family: Sequence[StoredKey], now: int) -> StoredKey | None:
    """Return the key of one purpose and algorithm that signs or derives.

    Choice: where by this clock none is active yet, the one to become active first is
    used, so that a process whose clock is behind still answers.
    """
    active = [key for key in family if state(key, now) == "active"]
    if active:
        return max(active, key=lambda key: key.ordinal)
    coming = [key for key in family if state(key, now) == "next"]
    return min(coming, key=lambda key: (key.activates_at, key.ordinal), default=None)


def next_activation(family: Sequence[StoredKey], policy: KeyPolicy, now: int) -> int | None:
    """Return when a key that has to be made now becomes active; None if none is due.

    A family without a key gets one at once. Otherwise the next is made `publish_before`
    ahead of the newest one's age, and is never published for less than that.
    """
    serving = [key for key in family if state(key, now) in ("next", "active")]
    if not serving:
        return now
    if serving[0].purpose == SUBJECT:
        return None
    lasting = [key for key in serving if key.retires_at is None]
    if not lasting:
        return max(key.retires_at for key in serving if key.retires_at is not None)
    grows_old = max(key.activates_at for key in lasting) + policy.rotation_age
    if now < grows_old - policy.publish_before:
        return None
    return max(grows_old, now + policy.publish_before)
