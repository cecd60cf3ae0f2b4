"""Our own keys (OpenID Connect Core §10.1.1): kept sealed in the database, held open in
memory, changed by age or by command, used to sign, verify and derive. `ctx.keyring` is
the one of this process. It looks at the database at most once a second, when used, so
every process notices a rotation without a restart; if the database does not answer, it
goes on with what it knows, and who looks in vain waits a second at most. Choice: even an
immediate rotation takes effect only after the time in which every process has noticed, so
that none meets a kid it does not know."""

import hmac
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any, Protocol

from provider.ambient import Clock, Entropy
from provider.keys import encryption, lifecycle, subject
from provider.keys.encryption import DecryptionKey
from provider.keys.lifecycle import DERIVATION_ALG, SUBJECT_ALG, KeyPolicy, family_of
from provider.keys.material import SigningKey
from provider.keys.purposes import Purpose
from provider.keys.remembered import Remembered
from provider.keys.rotation import Rotation, open_key
from provider.keys.snapshot import HeldKey, KeySnapshot, Published, take
from provider.keys.vault import SealBroken, Vault, WrongMasterKey
from provider.keys.verification import SKEW, VerificationKeys, VerifiedJwt, check
from provider.patience import IN_PASSING, PATIENCE, at_most, shorter
from provider.store import keys as stored_keys
from provider.store.keys import StoredKey
from provider.store.unit_of_work import StorageUnavailable, Transaction


class NoActiveKey(Exception):
    """There is no key for this algorithm: it is not configured, or `ensure` never ran."""


class OpenTransaction(Protocol):
    """Opens a transaction: `unit_of_work.transaction` with its engine filled in."""

    def __call__(self, *, read_only: bool = False) -> AbstractContextManager[Transaction]:
        """Return a transaction of its own."""
        ...


class Keyring:
    """The keys of this process. Safe to use from several threads.

    `trouble` is why the last look at the database failed, for the readiness check.
    """

    def __init__(
        self,
        transactions: OpenTransaction,
        vault: Vault,
        clock: Clock,
        entropy: Entropy,
        policy: KeyPolicy,
    ) -> None:
        self._transactions = transactions
        self._vault = vault
        self._clock = clock
        self._policy = policy
        self._rotation = Rotation(vault, entropy, policy)
        self._lock = Lock()
        self._looked_at: int | None = None
        self._looks = 0
        self._times: stored_keys.Times | None = None
        self._opened: dict[str, SigningKey | DecryptionKey | bytes] = {}
        self._held: tuple[HeldKey, ...] = ()
        self._snapshot: KeySnapshot | None = None
        self._remembered: Remembered | None = None
        self.trouble: Exception | None = None

    def snapshot(self, now: int) -> KeySnapshot:
        """Return the keys as they stand at `now`.

        Raises StorageUnavailable, WrongMasterKey or SealBroken where no keys are known yet.
        """
        if not self._held:
            self._look_first()
        elif self._looked_at != self._clock.now() and self._lock.acquire(blocking=False):
            self._look()
        held, snapshot = self._held, self._snapshot
        if snapshot is None or snapshot.source is not held or not snapshot.covers(now):
            snapshot = self._snapshot = take(held, now)
        return snapshot

    def jwks(self, now: int) -> Published:
        """Return the public key set: next, active and retired keys."""
        return self.snapshot(now).published

    def verification_keys(self, now: int) -> VerificationKeys:
        """Return our own public keys, to verify our own tokens with."""
        return self.snapshot(now).verification

    def sign(
        self, purpose: Purpose, claims: Mapping[str, Any], now: int, alg: str | None = None
    ) -> str:
        """Return a signed JWT of this purpose; `alg` is one of its algorithms.

        Raises NoActiveKey.
        """
        alg = alg or purpose.algorithms[0]
        if purpose.keys != "own":
            raise ValueError(f"{purpose.name} is not signed with keys of ours")
        typ = purpose.check_written(claims, alg)
        key = self.snapshot(now).signing.get(alg)
        if key is None:
            raise NoActiveKey(alg)
        return key.sign(typ, claims if type(claims) is dict else dict(claims))

    def signing_kid(self, alg: str, now: int) -> str:
        """Return the kid of the key that signs by `alg`. Raises NoActiveKey."""
        key = self.snapshot(now).signing.get(alg)
        if key is None:
            raise NoActiveKey(alg)
        return key.kid

    def verify(
        self,
        token: str,
        purpose: Purpose,
        *,
        now: int,
        issuer: str | None = None,
        audience: str | Collection[str] | None = None,
        skew: int = SKEW,
    ) -> VerifiedJwt:
        """Return the content of a token of ours. Raises InvalidJwt."""
        if purpose.keys != "own":
            raise ValueError(f"{purpose.name} is not signed by us")
        keys, remembered = self.verification_keys(now), self._remembered
        if remembered is None or remembered.keys is not keys:
            remembered = self._remembered = Remembered(keys)
        genuine = remembered.read(token, purpose)
        check(genuine, purpose, now=now, issuer=issuer, audience=audience, skew=skew)
        return genuine

    def decrypt(self, token: str, now: int) -> str:
        """Return what is inside a JWE that was encrypted to us. Raises InvalidJwt."""
        return encryption.decrypt(token, self.snapshot(now).decryption)

    def pairwise_subject(self, account_id: str, sector: str, now: int) -> str:
        """Return the name of an account in a sector. Raises NoActiveKey."""
        return subject.name(self._subject_key(now), account_id, sector)

    def account_of(self, pairwise: str, sector: str, now: int) -> str | None:
        """Return whom a name means in a sector, or None. Raises NoActiveKey."""
        return subject.account_of(self._subject_key(now), pairwise, sector)

    def _subject_key(self, now: int) -> bytes:
        key = self.snapshot(now).subject_key
        if key is None:
            raise NoActiveKey(SUBJECT_ALG)
        return key

    def active_derivation_kid(self, now: int) -> str:
        """Return the kid of the key to derive with. Raises NoActiveKey."""
        kid = self.snapshot(now).derivation_kid
        if kid is None:
            raise NoActiveKey(DERIVATION_ALG)
        return kid

    def derive_with(self, kid: str, message: bytes) -> bytes | None:
        """Return the HMAC-SHA256 of `message` under a key we still have, else None."""
        secret = self.snapshot(self._clock.now()).secrets.get(kid)
        return None if secret is None else hmac.digest(secret, message, "sha256")

    def is_due(self, now: int) -> bool:
        """Return whether `ensure` has something to do. Reads memory only, between looks."""
        rows = [key.row for key in self.snapshot(now).source]
        return any(lifecycle.state(row, now) == "gone" for row in rows) or any(
            lifecycle.next_activation(family_of(rows, *family), self._policy, now) is not None
            for family in self._policy.families
        )

    def ensure(self, tx: Transaction, now: int) -> list[StoredKey]:
        """Make the keys that are due and remove those that are gone. Return the new ones.

        Idempotent, and of several processes that do it at once one makes each key. Raises
        WrongMasterKey or SealBroken before anything is added beside keys we cannot open.
        """
        created = self._rotation.ensure(tx, now)
        self._looked_at = None
        return created

    def rotate(
        self, tx: Transaction, now: int, alg: str | None = None, *, immediately: bool = False
    ) -> list[StoredKey]:
        """Make new keys before their time, for one algorithm or all. Return them.

        They are published at once and take over after `publish_before`; `immediately`:
        as soon as every process has noticed. Raises UnknownKey for a foreign algorithm.
        """
        created = self._rotation.rotate(tx, now, alg, immediately=immediately)
        self._looked_at = None
        return created

    def retire(self, tx: Transaction, now: int, kid: str) -> None:
        """End a key at once: it no longer signs, verifies or stands in the key set.

        Raises UnknownKey, or LastActiveKey where no other key could take over.
        """
        self._rotation.retire(tx, now, kid)
        self._looked_at = None

    def reseal(self, tx: Transaction) -> int:
        """Seal all keys under the current secret key. Return how many were under another.

        What is held open stays as it is. Raises WrongMasterKey or SealBroken.
        """
        return self._rotation.reseal(tx)

    def _look_first(self) -> None:
        """Look, or share what a look found that somebody else began meanwhile."""
        before = self._looks
        if not self._lock.acquire(timeout=at_most(PATIENCE)):
            raise StorageUnavailable("the keys are being read")
        if self._looks == before:
            self._look()
        else:
            self._lock.release()
        if not self._held and self.trouble is not None:
            raise self.trouble

    def _look(self) -> None:
        """Read the database if it changed. One thread looks, the others go on meanwhile."""
        try:
            self._looks += 1
            self._looked_at = self._clock.now()
            with shorter(IN_PASSING if self._held else PATIENCE):
                self._reload()
            self.trouble = None
        except (StorageUnavailable, WrongMasterKey, SealBroken) as error:
            self.trouble = error
        finally:
            self._lock.release()

    def _reload(self) -> None:
        with self._transactions(read_only=True) as tx:
            times = stored_keys.times(tx)
            if times == self._times:
                return
            rows = stored_keys.all_keys(tx)
        opened = {row.kid: self._opened.get(row.kid) or open_key(self._vault, row) for row in rows}
        self._opened = opened
        self._held = tuple(HeldKey(row, opened[row.kid]) for row in rows)
        self._times = times
