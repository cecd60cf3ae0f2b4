"""The only place that verifies a JWT (RFC 7515 §5.2, RFC 7519 §7.2, RFC 8725). Called by
`keyring` for our own tokens, by `shared_secret` for what is under a client secret, and for
what clients sign. The purpose says which `typ`, algorithms and claims; the key comes from
keys we hold and carries its one algorithm; nothing in the token can bring a key or fetch
one. Whatever is wrong, the answer is InvalidJwt, whose reason is for our log."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import orjson
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import JWS_HEADER_REGISTRY

from provider.keys.purposes import PURPOSES, Purpose, one_name

LONGEST_HEADER, LONGEST_PAYLOAD, LONGEST_SIGNATURE = 4096, 65536, 1024
LONGEST_KID = 256
SKEW = 60

_LONGEST = LONGEST_HEADER + LONGEST_PAYLOAD + LONGEST_SIGNATURE + 2
_SPOILED = (JoseError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError)
_TIMES = ("exp", "iat", "nbf", "auth_time")
_STRINGS = ("iss", "sub", "jti", "client_id", "azp", "nonce", "scope", "sid", "acr")


class InvalidJwt(Exception):
    """The token is not what it should be. `reason` is for our log, not for the sender."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class VerificationKey:
    """A public key, or a secret, and its one algorithm (RFC 8725 §3.1)."""

    kid: str | None
    alg: str
    key: RSAKey | ECKey | OKPKey | OctKey


class KeySource(Protocol):
    """Where `verify` finds keys."""

    def find(self, kid: str | None, alg: str) -> tuple[VerificationKey, ...]:
        """Return the keys that may be meant: one, unless several bear that name."""
        ...


class VerificationKeys:
    """A fixed set of public keys. Keys that share a name are alternatives (RFC 7517 §4.5)."""

    def __init__(self, keys: Iterable[VerificationKey]) -> None:
        self._keys = tuple(keys)
        self._by_kid: dict[str, tuple[VerificationKey, ...]] = {}
        for key in self._keys:
            if key.kid is not None:
                self._by_kid[key.kid] = (*self._by_kid.get(key.kid, ()), key)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, kid: str | None, alg: str) -> tuple[VerificationKey, ...]:
        """Return the keys named `kid`, or without a name the only one for `alg`."""
        if kid is not None:
            return self._by_kid.get(kid, ())
        fitting = tuple(key for key in self._keys if key.alg == alg)
        return fitting if len(fitting) == 1 else ()


@dataclass(frozen=True)
class VerifiedJwt:
    """A genuine token: its header and its claims."""

    header: dict[str, Any]
    claims: dict[str, Any]


class _Registry(JWSRegistry):
    """joserfc with our limits and the algorithms of some key sources, so that a secret never
    meets a signature nor a public key a MAC; unknown members ignored, RFC 7797 off."""

    max_header_length = LONGEST_HEADER
    max_payload_length = LONGEST_PAYLOAD
    max_signature_length = LONGEST_SIGNATURE

    def __init__(self, *sources: str) -> None:
        super().__init__(strict_check_header=False)
        self.header_registry = {name: JWS_HEADER_REGISTRY[name] for name in ("alg", "kid", "typ")}
        names = {alg for row in PURPOSES if row.keys in sources for alg in row.algorithms}
        self.algorithms = {name: JWSRegistry.algorithms[name] for name in names}

    def get_alg(self, name: str) -> Any:
        if name not in self.algorithms:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_SIGNATURES, _SECRETS = _Registry("own", "client", "issuer"), _Registry("secret")


def verify(
    token: str,
    purpose: Purpose,
    keys: KeySource,
    *,
    now: int,
    issuer: str | None = None,
    audience: str | Collection[str] | None = None,
    skew: int = SKEW,
    alg: str | None = None,
) -> VerifiedJwt:
    """Return the content of a token that is genuine, of this kind, and valid `now`.

    `alg` narrows the purpose's algorithms to one. Of several in `audience` one must be
    meant. Raises InvalidJwt.
    """
    genuine = read_genuine(token, purpose, keys, alg=alg)
    check(genuine, purpose, now=now, issuer=issuer, audience=audience, skew=skew)
    return genuine


def read_genuine(
    token: str, purpose: Purpose, keys: KeySource, *, alg: str | None = None
) -> VerifiedJwt:
    """Return the content of a token of this kind whose signature is right, whatever it says.
    Raises InvalidJwt."""
    try:
        return _read(token, purpose, keys, alg)
    except _SPOILED as error:
        raise InvalidJwt(f"malformed ({type(error).__name__})") from error


def check(
    genuine: VerifiedJwt,
    purpose: Purpose,
    *,
    now: int,
    issuer: str | None = None,
    audience: str | Collection[str] | None = None,
    skew: int = SKEW,
) -> None:
    """Raise InvalidJwt unless the claims are those of this kind, for us, and valid `now`."""
    claims = genuine.claims
    try:
        check_claims(claims, purpose, now, skew)
        if issuer is not None and claims.get("iss") != issuer:
            raise InvalidJwt("another issuer")
        if audience is not None:
            _check_audience(claims.get("aud"), audience, purpose)
    except _SPOILED as error:
        raise InvalidJwt(f"malformed ({type(error).__name__})") from error


def _read(token: str, purpose: Purpose, keys: KeySource, alg: str | None) -> VerifiedJwt:
    if len(token) > _LONGEST:
        raise InvalidJwt("too long")
    if not token.isascii() or token.count(".") != 2 or "" in token.split("."):
        raise InvalidJwt("not three segments")
    registry = _SECRETS if purpose.keys == "secret" else _SIGNATURES
    signed = jws.extract_compact(token.encode("ascii"), registry=registry)
    header = signed.headers()
    meant = _choose_keys(header, purpose, keys, alg)
    if not any(jws.validate_compact(signed, one.key, registry=registry) for one in meant):
        raise InvalidJwt("bad signature")
    claims = orjson.loads(signed.payload)
    if not isinstance(claims, dict):
        raise InvalidJwt("claims are not an object")
    return VerifiedJwt(header, claims)


def _choose_keys(
    header: Any, purpose: Purpose, keys: KeySource, only: str | None
) -> list[VerificationKey]:
    """Members that carry or point to keys (`jwk`, `jku`, `x5c`, `x5u`) are never read."""
    if not isinstance(header, dict):
        raise InvalidJwt("header is not an object")
    if "crit" in header or "b64" in header:
        raise InvalidJwt("critical extension")  # we understand none: RFC 7515 §4.1.11
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in purpose.algorithms:
        raise InvalidJwt("algorithm not allowed")
    alg = one_name(alg)
    if only is not None and one_name(only) != alg:
        raise InvalidJwt("algorithm not allowed")
    typ = header.get("typ")
    if ("typ" in header and not isinstance(typ, str)) or typ not in purpose.accepts:
        raise InvalidJwt("another kind of token")
    kid = header.get("kid")
    is_named = isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID
    if not is_named and ("kid" in header or purpose.keys == "own"):
        raise InvalidJwt("kid is missing or malformed")
    found = keys.find(kid, alg)
    if not found:
        raise InvalidJwt("unknown key")
    meant = [key for key in found if key.alg == alg]
    if not meant:
        raise InvalidJwt("the key is for another algorithm")
    return meant


def check_claims(claims: Mapping[str, Any], purpose: Purpose, now: int, skew: int = SKEW) -> None:
    """Raise InvalidJwt unless the claims are those of this kind, and valid `now`."""
    _check_types(claims, purpose)
    _check_times(claims, purpose, now, skew)


def _check_types(claims: Mapping[str, Any], purpose: Purpose) -> None:
    if misplaced := [name for name in purpose.absent if name in claims]:
        raise InvalidJwt("misplaced " + " ".join(misplaced))
    if missing := [name for name in purpose.required if name not in claims]:
        raise InvalidJwt("missing " + " ".join(missing))
    for name in _STRINGS:
        if name in claims and not isinstance(claims[name], str):
            raise InvalidJwt(f"{name} is not a string")
    for name in purpose.required:
        if claims[name] == "":
            raise InvalidJwt(f"{name} is empty")
    for name in _TIMES:
        if name in claims and not _is_time(claims[name]):
            raise InvalidJwt(f"{name} is not a time")
    if "aud" in claims and not _is_audience(claims["aud"]):
        raise InvalidJwt("aud is neither a string nor a list of them")


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value)


def _is_audience(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(entry, str) for entry in value)
    return isinstance(value, str)


def _check_times(claims: Mapping[str, Any], purpose: Purpose, now: int, skew: int) -> None:
    """Choice: `exp` of our own tokens gets no skew, because we wrote it (RFC 7519 §4.1.4);
    `iat` and `nbf` do, because another of our processes may be a little ahead."""
    late = 0 if purpose.keys == "own" else skew
    if "exp" in claims:
        if not purpose.expired_accepted and now >= claims["exp"] + late:
            raise InvalidJwt("expired")
        if purpose.longest_life is not None and claims["exp"] > now + purpose.longest_life + skew:
            raise InvalidJwt("lives too long")
    if "nbf" in claims and claims["nbf"] > now + skew:
        raise InvalidJwt("not valid yet")
    if "iat" in claims and claims["iat"] > now + skew:
        raise InvalidJwt("issued in the future")


def _check_audience(found: Any, expected: str | Collection[str], purpose: Purpose) -> None:
    """Stricter: where the purpose says so, nobody else may be addressed (RFC 10070)."""
    meant = {expected} if isinstance(expected, str) else set(expected)
    named = found if isinstance(found, list) else [found]
    if purpose.sole_audience and len(named) != 1:
        raise InvalidJwt("other audiences beside us")
    if not meant.intersection(named):
        raise InvalidJwt("another audience")
