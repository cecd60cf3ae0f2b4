"""The provider's public keys, as the application verifies signatures with them.

Called by `logout_token`. The keys are found through discovery, kept for ten
minutes, and fetched again for an unknown `kid`, at most once in half a minute so that invented
ids cost the provider nothing. Stricter: `kid` is demanded, one algorithm belongs to one key, and
what a token's header says about keys (`jwk`, `jku`, `x5u`, `x5c`) is never looked at (RFC 8725
§3.10).
"""

import threading
import time
from math import isfinite
from typing import Any

import requests
from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key, KeySet, OctKey

from client_demo.settings import discovery_url, is_trustworthy

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")
LONGEST = 8192
FRESH_SECONDS = 600
COOL_DOWN_SECONDS = 30


class Unverified(Exception):
    """The token cannot be accepted; the reason is for a developer."""


class KeysUnavailable(Exception):
    """The issuer's keys could not be fetched, which says nothing about a token."""


class Registry(jws.JWSRegistry):
    """Exactly the algorithms above: neither `none` nor a shared-secret one can be asked for."""

    def get_alg(self, name: str) -> Any:
        """The algorithm of that name, if it is on the list."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"{name} is not accepted")
        return self.algorithms[name]


class IssuerKeys:
    """The public keys of one issuer, shared by all requests of this process."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys = KeySet([])
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def find(self, kid: str, algorithm: str) -> Key:
        """The key that may verify signatures of this `kid` and algorithm."""
        now = time.monotonic()
        if now - self._fetched_at > FRESH_SECONDS:
            self._fetch(now, pause=1 if not self._keys else COOL_DOWN_SECONDS)
        try:
            return self._pick(kid, algorithm)
        except InvalidKeyIdError:
            self._fetch(now, pause=COOL_DOWN_SECONDS)
            if self._tried_at > self._fetched_at:
                raise KeysUnavailable from None
            return self._pick(kid, algorithm)

    def _pick(self, kid: str, algorithm: str) -> Key:
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get_by_kid(kid, {"use": "sig", "alg": algorithm})

    def _fetch(self, now: float, *, pause: float) -> None:
        """Fetch the keys unless that was just done; those at hand stay when it fails."""
        with self._lock:
            if now - self._tried_at < pause:
                return
            self._tried_at = now
            try:
                with requests.Session() as http:
                    http.trust_env = False
                    metadata = self._document(http, discovery_url(self._issuer))
                    if metadata.get("issuer") != self._issuer:
                        return
                    jwks = self._document(http, metadata["jwks_uri"])
                    keys = KeySet.import_key_set({"keys": jwks["keys"]})
            except (requests.RequestException, JoseError, KeyError, TypeError, ValueError):
                return
            self._keys = KeySet([key for key in keys.keys if not isinstance(key, OctKey)])
            self._fetched_at = now

    @staticmethod
    def _document(http: requests.Session, url: str) -> dict[str, Any]:
        if not is_trustworthy(url):
            raise ValueError(url)
        answer = http.get(url, timeout=(2, 5), allow_redirects=False)
        answer.raise_for_status()
        document = answer.json()
        if answer.status_code != 200 or not isinstance(document, dict):
            raise ValueError(url)
        return document


class Verifier:
    """Verifies tokens of one issuer and one kind, which `typ` names (RFC 8725 §3.11)."""

    def __init__(self, issuer: str, types: tuple[str, ...]) -> None:
        self._keys = IssuerKeys(issuer)
        self._types = types
        self._registry = Registry(strict_check_header=False)

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token of this kind whose signature is the issuer's; nothing else about
        them is checked. Raises Unverified or KeysUnavailable."""
        if len(token) > LONGEST:
            raise Unverified("The token is too long")
        try:
            header = jws.extract_compact(token.encode("ascii")).headers()
            kid, algorithm, typ = header.get("kid"), header.get("alg"), header.get("typ")
            if not isinstance(typ, str) or typ.lower() not in self._types:
                raise Unverified(f"The token is of another kind: its typ is not {self._types[0]}")
            if not isinstance(kid, str) or algorithm not in ALGORITHMS:
                raise Unverified("The token names no key, or an algorithm not accepted")
            key = self._keys.find(kid, algorithm)
            return jwt.decode(token, key, registry=self._registry).claims
        except (JoseError, ValueError) as error:
            raise Unverified("The token is malformed or wrongly signed") from error


def is_time(value: Any) -> bool:
    """Whether a claim is a NumericDate: JSON readers also accept true, NaN and Infinity."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
