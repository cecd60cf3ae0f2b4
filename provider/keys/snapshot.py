"""What the keyring knows at one moment, ready to use: who signs, who derives, which keys
verify or decrypt, and the published key set as bytes (RFC 7517 §5, OpenID Connect Core
§10.1.1, §10.2.1). Built by `keyring` from the keys it holds, and used until the next moment
at which a key changes state. The key set lists public members of asymmetric keys one by
one; a symmetric key has no way into it. Of the keys to encrypt to it lists the one to use
now: who has an older set may still use that one's predecessor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson

from provider.keys import lifecycle
from provider.keys.encryption import DecryptionKey
from provider.keys.lifecycle import DERIVE, SUBJECT
from provider.keys.material import SigningKey
from provider.keys.verification import VerificationKeys
from provider.store.keys import StoredKey

_BEGINNING, _END = -(2**63), 2**63


@dataclass(frozen=True)
class HeldKey:
    """A key of ours, opened: `material` signs or decrypts, or is a secret of ours."""

    row: StoredKey
    material: SigningKey | DecryptionKey | bytes


@dataclass(frozen=True)
class Published:
    """A public key set as it is served, with its strong ETag (RFC 9110 §8.8.3)."""

    body: bytes
    etag: str


@dataclass(frozen=True, kw_only=True)
class KeySnapshot:
    """The keys as they stand from `begins` until before `ends`."""

    source: Sequence[HeldKey]
    begins: int
    ends: int
    signing: Mapping[str, SigningKey]
    derivation_kid: str | None
    secrets: Mapping[str, bytes]
    subject_key: bytes | None
    decryption: Sequence[DecryptionKey]
    verification: VerificationKeys
    published: Published

    def covers(self, now: int) -> bool:
        """Return whether nothing has changed state since."""
        return self.begins <= now < self.ends


def take(held: Sequence[HeldKey], now: int) -> KeySnapshot:
    """Return how `held` stands at `now`."""
    present = [key for key in held if lifecycle.state(key.row, now) != "gone"]
    families: dict[tuple[str, str], list[StoredKey]] = {}
    for key in present:
        families.setdefault((key.row.purpose, key.row.alg), []).append(key.row)
    used = {row.kid for family in families.values() if (row := lifecycle.chosen(family, now))}
    signers = [key.material for key in present if isinstance(key.material, SigningKey)]
    openers = [key.material for key in present if isinstance(key.material, DecryptionKey)]
    secrets, naming = _symmetric(present, DERIVE), _symmetric(present, SUBJECT)
    moments = [
        moment
        for key in held
        for moment in (key.row.activates_at, key.row.retires_at, key.row.expires_at)
        if moment is not None
    ]
    return KeySnapshot(
        source=held,
        begins=max((moment for moment in moments if moment <= now), default=_BEGINNING),
        ends=min((moment for moment in moments if moment > now), default=_END),
        signing={signer.alg: signer for signer in signers if signer.kid in used},
        derivation_kid=next((kid for kid in secrets if kid in used), None),
        secrets=secrets,
        subject_key=next(iter(naming.values()), None),
        decryption=openers[::-1],
        verification=VerificationKeys(signer.verification_key for signer in signers),
        published=publish(
            [
                *(signer.jwk for signer in signers),
                *(opener.jwk for opener in openers if opener.kid in used),
            ]
        ),
    )


def _symmetric(present: Sequence[HeldKey], purpose: str) -> dict[str, bytes]:
    return {
        key.row.kid: key.material
        for key in present
        if key.row.purpose == purpose and isinstance(key.material, bytes)
    }


def publish(jwks: Sequence[Mapping[str, str]]) -> Published:
    """Return a key set of these public keys."""
    body = orjson.dumps({"keys": [dict(jwk) for jwk in jwks]})
    return Published(body, f'"{sha256(body).hexdigest()[:32]}"')
