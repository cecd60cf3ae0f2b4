"""Change of keys (OpenID Connect Core §10.1.1): making the next, ending the one before,
by age or by command. `keyring` hands in the transaction; `lifecycle` says what is due.
The times of the predecessor are stated when its successor is made, so a change over
needs no process to be awake at that second."""

from dataclasses import replace

from provider.ambient import Entropy, identifier
from provider.keys import encryption, lifecycle, material, subject
from provider.keys.encryption import DecryptionKey
from provider.keys.lifecycle import (
    DERIVE,
    ENCRYPT,
    NOTICED_AFTER,
    SIGN,
    SUBJECT,
    KeyPolicy,
    family_of,
)
from provider.keys.material import SigningKey
from provider.keys.vault import Vault
from provider.store import keys as stored_keys
from provider.store import sealed_values
from provider.store.keys import StoredKey
from provider.store.unit_of_work import Transaction


class UnknownKey(Exception):
    """There is no key of this kid, or none is kept for this algorithm."""


class LastActiveKey(Exception):
    """Retiring this key would leave its algorithm without one."""


class Rotation:
    """Makes and ends keys in the database."""

    def __init__(self, vault: Vault, entropy: Entropy, policy: KeyPolicy) -> None:
        self._vault = vault
        self._entropy = entropy
        self._policy = policy

    def ensure(self, tx: Transaction, now: int) -> list[StoredKey]:
        """Make what is due and remove what is gone. Return the new keys."""
        stored_keys.purge(tx, now)
        rows = stored_keys.all_keys(tx)
        for row in rows:
            open_key(self._vault, row)
        created = []
        for purpose, alg in self._policy.families:
            family = family_of(rows, purpose, alg)
            activates_at = lifecycle.next_activation(family, self._policy, now)
            if activates_at is not None:
                created += self._add(tx, family, self._make(purpose, alg, now), activates_at)
        return created

    def rotate(
        self, tx: Transaction, now: int, alg: str | None, *, immediately: bool
    ) -> list[StoredKey]:
        """Make a new key for `alg`, or for every algorithm. Return the new keys."""
        families = [family for family in self._policy.changing if alg in (None, family[1])]
        if not families:
            raise UnknownKey(f"There are no keys for {alg}.")
        ahead = NOTICED_AFTER if immediately else self._policy.publish_before
        rows = stored_keys.all_keys(tx)
        for row in rows:
            open_key(self._vault, row)
        created = []
        for purpose, name in families:
            family = family_of(rows, purpose, name)
            activates_at = now + ahead if lifecycle.chosen(family, now) else now
            created += self._add(tx, family, self._make(purpose, name, now), activates_at)
        return created

    def retire(self, tx: Transaction, now: int, kid: str) -> None:
        """End a key at once, and make its successor's successor if that is now due."""
        rows = stored_keys.all_keys(tx)
        key = next((row for row in rows if row.kid == kid), None)
        if key is None:
            raise UnknownKey(f"There is no key {kid}.")
        if key.purpose == SUBJECT:
            raise LastActiveKey(f"{kid} names people to clients and is kept for good.")
        others = [row for row in family_of(rows, key.purpose, key.alg) if row.kid != kid]
        heir = lifecycle.chosen(others, now)
        if (key.purpose, key.alg) in self._policy.families and (
            heir is None or heir.activates_at > now + NOTICED_AFTER
        ):
            raise LastActiveKey(
                f"{kid} is the only active key for {key.alg}. Rotate immediately first."
            )
        stored_keys.retire(tx, kid, retires_at=now, expires_at=now)
        self.ensure(tx, now)

    def reseal(self, tx: Transaction) -> int:
        """Seal under the current secret key what is sealed under another. Return how many
        keys; none where one can not be opened. Raises WrongMasterKey, SealBroken."""
        resealed = 0
        for row in stored_keys.all_keys(tx):
            if not row.sealed.startswith(self._vault.fingerprint):
                sealed = self._vault.reseal(row.sealed, _context(row.purpose, row.alg, row.kid))
                resealed += sealed_values.replace_key(tx, row.kid, row.sealed, sealed)
        return resealed

    def _add(
        self, tx: Transaction, family: list[StoredKey], key: StoredKey, activates_at: int
    ) -> list[StoredKey]:
        """Add the next key of a family and state the end of those before it."""
        ordinal = max((row.ordinal for row in family), default=0) + 1
        key = replace(key, ordinal=ordinal, activates_at=activates_at)
        if not stored_keys.add(tx, key):
            return []
        for row in family:
            if row.retires_at is None or row.retires_at > activates_at:
                was_used = row.activates_at <= activates_at
                kept = self._policy.kept(key.purpose) if was_used else 0
                stored_keys.retire(
                    tx, row.kid, retires_at=activates_at, expires_at=activates_at + kept
                )
        return [key]

    def _make(self, purpose: str, alg: str, now: int) -> StoredKey:
        public = None
        if purpose in (DERIVE, SUBJECT):
            length = 32 if purpose == DERIVE else subject.KEY_LENGTH
            kid, content = identifier(self._entropy), self._entropy.token_bytes(length)
        elif purpose == ENCRYPT:
            private = encryption.generate(alg)
            decryption_key = DecryptionKey(private, alg)
            kid, content = decryption_key.kid, material.write(private)
            public = decryption_key.jwk
        else:
            private = material.generate(alg)
            signing_key = SigningKey(private, alg)
            kid, content, public = signing_key.kid, material.write(private), signing_key.jwk
        return StoredKey(
            kid=kid,
            purpose=purpose,
            alg=alg,
            ordinal=1,
            sealed=self._vault.seal(content, _context(purpose, alg, kid)),
            public=public,
            created_at=now,
            activates_at=now,
        )


def open_key(vault: Vault, row: StoredKey) -> SigningKey | DecryptionKey | bytes:
    """Return what signs, decrypts or derives. Raises WrongMasterKey, SealBroken."""
    content = vault.open(row.sealed, _context(row.purpose, row.alg, row.kid))
    if row.purpose == SIGN:
        return SigningKey(material.read(content), row.alg)
    return DecryptionKey(material.read(content), row.alg) if row.purpose == ENCRYPT else content


def _context(purpose: str, alg: str, kid: str) -> str:
    return f"key {purpose} {alg} {kid}"
