"""RFC 7518 §3.2, RFC 8725 §2.1, §3.1: a secret makes and proves HS256 and nothing else, and a
public key is never taken for a secret. With the example of RFC 7515 Appendix A.1."""

import hmac
import json
from typing import Any

import pytest

from provider.keys import shared_secret, unsecured
from provider.keys.purposes import (
    ACCESS_TOKEN,
    CLIENT_ASSERTION,
    CLIENT_ASSERTION_BY_SECRET,
    ID_TOKEN_BY_SECRET,
    ID_TOKEN_HINT,
    ID_TOKEN_HINT_BY_SECRET,
    ID_TOKEN_UNSIGNED,
    USERINFO_BY_SECRET,
    Purpose,
)
from provider.keys.verification import InvalidJwt, VerificationKeys, VerifiedJwt, verify
from tests.rooms.keys.support import ISSUER, NOW, Own
from tests.support import jwt

SECRET, OTHER = b"s" * 57, b"t" * 57
RFC7515_A1_KEY = (
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
)
RFC7515_A1_JWS = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
EXAMPLE = Purpose(
    name="example", keys="secret", algorithms=("HS256",), typ=None, accepts=("JWT",),
    required=("iss", "exp"),
)  # fmt: skip


def claims(**changes: Any) -> dict[str, Any]:
    return {"iss": ISSUER, "sub": "x", "aud": "app", "iat": NOW, "exp": NOW + 60, **changes}


def hint(token: str, *secrets: bytes, **changes: Any) -> VerifiedJwt:
    expected = {"now": NOW, "issuer": ISSUER, "audience": "app", **changes}
    return shared_secret.verify_with(secrets, token, ID_TOKEN_HINT_BY_SECRET, **expected)


def test_the_hmac_example_verifies_and_with_another_secret_does_not() -> None:
    key, told = jwt.decode(RFC7515_A1_KEY), {"now": 1300819379, "issuer": "joe"}
    with pytest.raises(InvalidJwt, match="audience"):
        shared_secret.verify_with([key], RFC7515_A1_JWS, EXAMPLE, audience="x", **told)  # type: ignore[arg-type]
    with pytest.raises(InvalidJwt, match="bad signature"):
        shared_secret.verify_with([SECRET], RFC7515_A1_JWS, EXAMPLE, audience="x", **told)  # type: ignore[arg-type]


def test_what_is_signed_is_read_by_an_outsider_and_comes_back() -> None:
    token = shared_secret.sign(ID_TOKEN_BY_SECRET, claims(), SECRET)
    assert jwt.header_of(token) == {"alg": "HS256", "typ": "JWT"}
    assert jwt.verified_by(SECRET.decode(), token) == claims() == hint(token, SECRET).claims


def test_every_live_secret_is_tried_and_no_other() -> None:
    token = shared_secret.sign(ID_TOKEN_BY_SECRET, claims(), SECRET)
    assert hint(token, SECRET, OTHER).claims == hint(token, OTHER, SECRET).claims
    for secrets in ((), (OTHER,), (SECRET[:-1],), (SECRET + b"s",)):
        with pytest.raises(InvalidJwt):
            hint(token, *secrets)


@pytest.mark.parametrize("alg", ["none", "None", "", "HS384", "HS512", "RS256", "ES256", None])
def test_no_other_algorithm_is_under_a_secret(alg: str | None) -> None:
    with pytest.raises(InvalidJwt, match="algorithm"):
        hint(jwt.keyed_with(SECRET, claims(), alg=alg), SECRET)


def test_an_algorithm_must_be_named() -> None:
    signed = f"{jwt.encode(b'{}')}.{jwt.encode(json.dumps(claims()).encode())}"
    mac = hmac.digest(SECRET, signed.encode(), "sha256")
    with pytest.raises(InvalidJwt):
        hint(f"{signed}.{jwt.encode(mac)}", SECRET)


@pytest.mark.parametrize("secret", [b"", b"short", b"s" * 31])
def test_a_short_secret_signs_nothing(secret: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        shared_secret.sign(ID_TOKEN_BY_SECRET, claims(), secret)


@pytest.mark.parametrize("purpose", [ACCESS_TOKEN, CLIENT_ASSERTION, ID_TOKEN_HINT])
def test_a_secret_has_no_say_in_rows_of_public_keys(purpose: Purpose) -> None:
    with pytest.raises(ValueError, match=purpose.name):
        shared_secret.sign(purpose, claims(), SECRET)
    with pytest.raises(ValueError, match=purpose.name):
        shared_secret.verify_with([SECRET], "a.b.c", purpose, now=NOW, issuer="i", audience="a")


def test_a_public_key_is_no_secret_even_in_the_row_of_secrets(rsa_key: Own, ec_key: Own) -> None:
    """A signature made by a key of ours does not pass where a secret is asked for, and a MAC
    keyed with the public key passes nowhere."""
    for own in (rsa_key, ec_key):
        header = own.header(typ="JWT")
        signed = own.token(header, claims())
        keys = VerificationKeys([own.key.verification_key])
        with pytest.raises(InvalidJwt, match="algorithm"):
            verify(signed, ID_TOKEN_HINT_BY_SECRET, keys, now=NOW)
        public = json.dumps(own.key.jwk).encode()
        forged = jwt.keyed_with(public, claims(), kid=own.key.kid)
        with pytest.raises(InvalidJwt, match="algorithm"):
            verify(forged, ID_TOKEN_HINT, keys, now=NOW)
        with pytest.raises(InvalidJwt):
            verify(forged, ID_TOKEN_HINT_BY_SECRET, keys, now=NOW)


def test_an_id_token_under_a_secret_never_has_what_an_assertion_needs() -> None:
    with pytest.raises(ValueError, match="jti"):
        shared_secret.sign(ID_TOKEN_BY_SECRET, claims(jti="x"), SECRET)
    for row in (ID_TOKEN_BY_SECRET, USERINFO_BY_SECRET):
        said = {"iss": ISSUER, "sub": "x", "aud": "app"} if row is USERINFO_BY_SECRET else claims()
        token = shared_secret.sign(row, said, SECRET)
        with pytest.raises(InvalidJwt, match="missing"):
            shared_secret.verify_with(
                [SECRET], token, CLIENT_ASSERTION_BY_SECRET, now=NOW, issuer=ISSUER, audience="app"
            )


def test_an_unsigned_token_is_written_and_read_by_nothing(rsa_key: Own) -> None:
    token = unsecured.write(ID_TOKEN_UNSIGNED, claims())
    assert jwt.unsigned_claims(token) == claims()
    assert jwt.header_of(token) == {"alg": "none", "typ": "JWT"}
    with pytest.raises(InvalidJwt):
        hint(token, SECRET)
    keys = VerificationKeys([rsa_key.key.verification_key])
    for row in (ID_TOKEN_HINT, ID_TOKEN_UNSIGNED):
        with pytest.raises(InvalidJwt):
            verify(token, row, keys, now=NOW)
        with pytest.raises(InvalidJwt):
            verify(token + "x", row, keys, now=NOW)
