"""What every module checks beside its own subject: the ID token, claims about a person, the keys,
and the discovery document. What certification calls a warning is a failure here."""

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

from tests.support import jwt

SCOPE_CLAIMS = {
    "profile": {
        "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username",
        "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip
PROTOCOL_CLAIMS = {
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp",
    "at_hash", "c_hash", "s_hash", "jti", "nbf", "sid",
}  # fmt: skip
BOOLEAN_CLAIMS = {"email_verified", "phone_number_verified"}
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
MEMBERS = {"RSA": {"n", "e"}, "EC": {"crv", "x", "y"}, "OKP": {"crv", "x"}}
CURVES = {"P-256", "P-384", "P-521", "Ed25519", "X25519"}
YEAR = 366 * 86400

_BIRTHDATE = re.compile(r"(?:(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))|\d{4})")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-(?:[A-Z]{2}|\d{3}))?")


def entropy_of(value: str) -> float:
    """Return the bits of Shannon entropy in `value`."""
    counts = Counter(value)
    share = (count / len(value) for count in counts.values())
    return -sum(one * math.log2(one) for one in share) * len(value)


def claims_of_scope(scope: str) -> set[str]:
    """Return the standard claims that a scope asks for (OpenID Connect Core §5.4)."""
    return {claim for name in scope.split() for claim in SCOPE_CLAIMS.get(name, ())}


def check_id_token(
    token: str, claims: dict[str, Any], *, now: int, may_carry: Collection[str] = ()
) -> None:
    """Check an ID token that is already known to be genuine and the client's."""
    header = jwt.header_of(token)
    assert header["alg"] != "none"
    assert header["kid"]
    assert set(claims) <= PROTOCOL_CLAIMS | set(may_carry), set(claims) - PROTOCOL_CLAIMS
    assert isinstance(claims["aud"], str) or len(claims["aud"]) == 1
    assert now < claims["exp"] < now + 50 * YEAR
    assert abs(claims["iat"] - now) <= 300
    assert now - YEAR < claims["auth_time"] <= now
    check_person(claims)


def check_person(claims: dict[str, Any]) -> None:
    """Check the types and the sense of claims about a person (OpenID Connect Core §5.1)."""
    for name in set(claims) & claims_of_scope("profile email address phone"):
        value = claims[name]
        if name in BOOLEAN_CLAIMS:
            assert type(value) is bool, name
        elif name == "updated_at":
            assert type(value) is int
            assert 0 < value < 5_000_000_000
        elif name == "address":
            assert value
            assert isinstance(value, dict)
            _check_texts(value)
        else:
            _check_texts({name: value})
    if "birthdate" in claims:
        assert _BIRTHDATE.fullmatch(claims["birthdate"])


def _check_texts(texts: dict[str, Any]) -> None:
    for name, value in texts.items():
        assert isinstance(value, str), name
        assert value.strip(), name
        assert value.strip().lower() != "null", name


def check_keys(jwks: dict[str, Any]) -> None:
    """Check a published key set (RFC 7517 §5)."""
    keys = jwks["keys"]
    kids = [key["kid"] for key in keys]
    assert len(set(kids)) == len(kids) > 0
    for key in keys:
        assert not set(key) & PRIVATE_MEMBERS
        assert key["use"] in ("sig", "enc")
        if key["use"] == "sig":
            assert key["alg"]
        members = MEMBERS[key["kty"]]
        assert members <= set(key)
        assert key.get("crv", "P-256") in CURVES
        for member in members - {"crv"}:
            assert _BASE64URL.fullmatch(key[member])
        if key["kty"] == "RSA":
            assert len(jwt.decode(key["n"])) * 8 >= 2048


def check_metadata(document: dict[str, Any], issuer: str, known: Iterable[str]) -> None:
    """Check a discovery document (OpenID Connect Discovery §3)."""
    assert set(document) <= set(known), set(document) - set(known)
    assert document["issuer"] == issuer
    for name, value in document.items():
        if name.endswith(("_endpoint", "_uri", "_iframe", "issuer")):
            assert isinstance(value, str), name
            assert urlsplit(value).scheme == "https", name
            assert urlsplit(value).netloc, name
        elif name.endswith(("_locales_supported", "_parameter_supported")):
            continue
        elif isinstance(value, list):
            assert value, name
            assert all(isinstance(one, str) and one for one in value), name
            assert len(set(value)) == len(value), name
        else:
            assert type(value) is bool, name
    for name in ("ui_locales_supported", "claims_locales_supported"):
        assert all(_LOCALE.fullmatch(tag) for tag in document.get(name, ())), name
    for name in (
        "request_parameter_supported", "request_uri_parameter_supported",
        "claims_parameter_supported", "require_request_uri_registration",
    ):  # fmt: skip
        assert type(document.get(name, False)) is bool, name
