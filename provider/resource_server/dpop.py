"""DPoP proofs at a protected resource (RFC 9449 §4.3, §7, §8, §9): made now, for this request and
this token, by the key the token is bound to, and never seen before. Called by `possession`.

Choice: the address is compared after the normalization of RFC 3986 §6.2.2 and §6.2.3, because
proxies and clients spell the same address differently.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from math import isfinite
from typing import Any

from provider.resource_server.address import same_address
from provider.resource_server.base64url import encode
from provider.resource_server.jws import Header, JwsReader
from provider.resource_server.options import Dpop
from provider.resource_server.public_keys import PublicKey, Unusable, read
from provider.resource_server.purposes import DPOP_PROOF
from provider.resource_server.refusal import Headers, Invalid, shown
from provider.resource_server.replay import Replays

_LONGEST_JTI = 256


class NonceWanted(Exception):
    """The proof has no nonce that counts; a fresh one is sent along (RFC 9449 §9)."""


class Nonces:
    """Nonces that need no memory: an HMAC of the time slot, the same in every process."""

    def __init__(self, secret: bytes, lifetime: int) -> None:
        self._secret = secret
        self._lifetime = lifetime

    def current(self, now: float) -> str:
        """Return the nonce of now."""
        return self._of(int(now) // self._lifetime)

    def accepts(self, nonce: object, now: float) -> bool:
        """Return whether `nonce` is that of this slot or of the one before."""
        slot = int(now) // self._lifetime
        return isinstance(nonce, str) and any(
            hmac.compare_digest(self._of(one).encode(), nonce.encode("utf-8", "replace"))
            for one in (slot, slot - 1)
        )

    def _of(self, slot: int) -> str:
        return encode(hmac.digest(self._secret, b"dpop nonce %d" % slot, "sha256")[:16])


class DpopProofs:
    """Verifies proofs for one API, and remembers them."""

    def __init__(self, options: Dpop, leeway: float) -> None:
        self.algorithms = options.algorithms
        self._options = options
        self._leeway = leeway
        self._reader = JwsReader(DPOP_PROOF, options.algorithms)
        self._replays = Replays(options.lifetime, options.most_proofs)
        secret = options.nonce_secret
        self.nonces = None if secret is None else Nonces(secret, options.nonce_lifetime)

    def check(
        self, proofs: Sequence[str], *, method: str, url: str, token: str, jkt: str, now: float
    ) -> Headers:
        """Return headers for the API's answer once the one proof is good for this request.

        Raises Invalid, NonceWanted, and Unavailable while no further proof can be remembered.
        """
        if len(proofs) != 1:
            raise Invalid(f"DPoP: expected one header, found {len(proofs)}")
        keys: list[PublicKey] = []

        def find(header: Header) -> PublicKey:
            keys.append(_key_of(header))
            return keys[0]

        claims = self._reader.claims(proofs[0], find)
        if claims["htm"] != method:
            raise Invalid(f"htm: expected {method!r}, found {shown(claims['htm'])}")
        if not same_address(claims["htu"], url):
            raise Invalid(f"htu: expected {shown(url)}, found {shown(claims['htu'])}")
        issued_at = self._check_time(claims["iat"], now)
        expected = encode(sha256(token.encode("ascii")).digest())
        if claims["ath"] != expected:
            raise Invalid(f"ath: expected {expected!r}, found {shown(claims['ath'])}")
        if keys[0].thumbprint != jkt:
            raise Invalid(f"cnf.jkt: expected {shown(jkt)}, found {keys[0].thumbprint!r}")
        jti = claims["jti"]
        if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
            raise Invalid("jti: expected a string of 1 to 256 characters")
        fresh = self._check_nonce(claims, now)
        self._replays.add(
            sha256(f"{jkt} {jti}".encode("utf-8", "replace")).digest(), issued_at, now
        )
        return fresh

    def _check_time(self, issued_at: Any, now: float) -> float:
        if type(issued_at) not in (int, float) or not isfinite(issued_at):
            raise Invalid(f"iat: expected seconds since the epoch, found {shown(issued_at)}")
        if not now - self._options.lifetime <= issued_at <= now + self._leeway:
            raise Invalid(f"iat: expected about {now:.0f}, found {issued_at}")
        return float(issued_at)

    def _check_nonce(self, claims: dict[str, Any], now: float) -> Headers:
        if self.nonces is None:
            return ()
        if not self.nonces.accepts(claims.get("nonce"), now):
            raise NonceWanted(f"nonce: expected a current one, found {shown(claims.get('nonce'))}")
        current = self.nonces.current(now)
        return () if claims["nonce"] == current else (("DPoP-Nonce", current),)


def _key_of(header: Header) -> PublicKey:
    """The key of the proof: the one place where a header may bring its key (RFC 9449 §4.2)."""
    jwk = header.members.get("jwk")
    if not isinstance(jwk, dict):
        raise Invalid(f"jwk: expected a public key, found {shown(jwk)}")
    try:
        return read(jwk, header.alg)
    except Unusable as reason:
        raise Invalid(f"jwk: {reason}") from None
