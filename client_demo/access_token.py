"""How the API verifies access tokens by itself: JWTs of RFC 9068 against the issuer's keys.

Called by `api` for every request. The keys are found through discovery, kept for ten minutes, and
fetched again for an unknown `kid`, at most once in half a minute so that invented ids cost the
provider nothing. Stricter: `kid` and `jti` are demanded, one algorithm belongs to one key, and
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
TYPES = ("at+jwt", "application/at+jwt")
CLAIMS = ("iss", "aud", "exp", "iat", "sub", "client_id", "jti")
LEEWAY = 30
LONGEST = 8192
FRESH_SECONDS = 600
COOL_DOWN_SECONDS = 30


class InvalidToken(Exception):
    """The token cannot be accepted; the reason is for the client's developer."""


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


class AccessTokenVerifier:
    """The rules of RFC 9068 §4 for one issuer and one audience."""

    def __init__(self, issuer: str, resource: str) -> None:
        self._issuer = issuer
        self._resource = resource
        self._keys = IssuerKeys(issuer)
        self._registry = Registry(strict_check_header=False)

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of a token meant for this API and valid now."""
        if len(token) > LONGEST:
            raise InvalidToken("The access token is too long")
        try:
            header = jws.extract_compact(token.encode("ascii")).headers()
            kid, algorithm, typ = header.get("kid"), header.get("alg"), header.get("typ")
            if not isinstance(typ, str) or typ.lower() not in TYPES:
                raise InvalidToken("This is not an access token: its typ is not at+jwt")
            if not isinstance(kid, str) or algorithm not in ALGORITHMS:
                raise InvalidToken("The access token names no key, or an algorithm not accepted")
            key = self._keys.find(kid, algorithm)
            claims = jwt.decode(token, key, registry=self._registry).claims
        except (JoseError, ValueError) as error:
            raise InvalidToken("The access token is malformed or wrongly signed") from error
        self._check(claims)
        return claims

    def _check(self, claims: dict[str, Any]) -> None:
        if any(claims.get(name) is None for name in CLAIMS):
            raise InvalidToken("The access token lacks a required claim")
        if claims["iss"] != self._issuer:
            raise InvalidToken("The access token is from another issuer")
        audience = claims["aud"]
        if self._resource not in (audience if isinstance(audience, list) else [audience]):
            raise InvalidToken("The access token is for another audience")
        now = time.time()
        times = [claims["exp"], claims["iat"], claims.get("nbf", now)]
        if not all(_is_time(value) for value in times):
            raise InvalidToken("The access token tells no usable times")
        expires, issued, not_before = times
        if not expires > now - LEEWAY:
            raise InvalidToken("The access token expired")
        if not (issued <= now + LEEWAY and not_before <= now + LEEWAY):
            raise InvalidToken("The access token is not valid yet")
        if not isinstance(claims["sub"], str) or not isinstance(claims.get("scope", ""), str):
            raise InvalidToken("The access token tells no usable subject or scope")


def _is_time(value: Any) -> bool:
    """Whether a claim is a NumericDate: JSON readers also accept true, NaN and Infinity."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
