from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from provider.keys.client_keys import InvalidClientKeys, check_client_keys, client_keys
from provider.keys.material import encode
from tests.rooms.keys.support import Own


def number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()


def rsa_jwk(bits: int = 2048, exponent: int = 65537) -> dict[str, Any]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(exponent), "kid": "r"}


def p384_jwk() -> dict[str, Any]:
    point = ec.generate_private_key(ec.SECP384R1()).public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-384",
        "x": encode(point.x.to_bytes(48, "big")).decode(),
        "y": encode(point.y.to_bytes(48, "big")).decode(),
    }


def bare(own: Own, **changes: Any) -> dict[str, Any]:
    jwk = {name: value for name, value in own.key.jwk.items() if name not in ("alg", "use")}
    return {name: value for name, value in {**jwk, **changes}.items() if value is not None}


def refuse(*keys: Any) -> str:
    with pytest.raises(InvalidClientKeys) as refused:
        check_client_keys({"keys": list(keys)})
    return refused.value.reason


def test_each_key_serves_one_algorithm(rsa_key: Own, ec_key: Own) -> None:
    eddsa = Own.make("EdDSA")
    keys = client_keys({"keys": [bare(rsa_key), bare(ec_key), bare(eddsa), p384_jwk()]})
    for own in (rsa_key, ec_key, eddsa):
        (found,) = keys.find(own.key.kid, own.key.alg)
        assert found.alg == own.key.alg
    assert len(keys.find(None, "ES384")) == 1
    assert keys.find(None, "PS256") == ()


def test_a_key_without_alg_serves_the_algorithm_the_client_registered(rsa_key: Own) -> None:
    jwks = {"keys": [bare(rsa_key)]}
    (found,) = client_keys(jwks, "PS256").find(rsa_key.key.kid, "PS256")
    assert found.alg == "PS256"
    named = client_keys({"keys": [bare(rsa_key, alg="RS256")]}, "PS256")
    assert named.find(None, "PS256") == ()


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
def test_a_private_member_is_refused(rsa_key: Own, member: str) -> None:
    assert "public" in refuse(bare(rsa_key), bare(rsa_key, kid="b", **{member: "AA"}))


def test_a_symmetric_key_is_refused() -> None:
    assert "symmetric" in refuse({"kty": "oct", "k": "AAAA"})
    assert "symmetric" in refuse({"kty": "oct", "use": "enc"})


@pytest.mark.parametrize("bits", [1024, 2040, 4104])
def test_an_rsa_key_of_another_size_is_refused(bits: int) -> None:
    assert "bits" in refuse({"kty": "RSA", "n": number((1 << bits) - 1), "e": "AQAB"})


@pytest.mark.parametrize("exponent", [1, 2, 3, 17, 65536, 65538, 2**32 + 1, 2**2000 + 1])
def test_a_weak_or_odd_rsa_exponent_is_refused(exponent: int) -> None:
    refuse(rsa_jwk(exponent=exponent))


def test_a_point_off_its_curve_is_refused(ec_key: Own) -> None:
    refuse(bare(ec_key, x=ec_key.key.jwk["y"]))
    refuse(bare(ec_key, crv="P-384"))
    refuse(bare(ec_key, y="AA"))
    refuse(bare(ec_key, y=None))


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {"kty": 5},
        {"kty": ["RSA"]},
        {"kty": "RSA"},
        {"kty": "RSA", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "n": "=" * 400, "e": "AQAB"},
        {"kty": "EC", "crv": ["P-256"]},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed448", "x": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    ],
    ids=str,
)
def test_a_key_of_another_form_is_refused(jwk: dict[str, Any]) -> None:
    refuse(jwk)


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"alg": "ES256"},
        {"alg": 5},
        {"alg": ["RS256"]},
        {"kid": ""},
        {"kid": 5},
        {"kid": "k" * 257},
        {"use": "enc"},
        {"use": 5},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
    ],
    ids=str,
)
def test_a_key_for_something_else_is_refused(rsa_key: Own, changes: dict[str, Any]) -> None:
    refuse(bare(rsa_key, **changes))


def test_a_key_for_encryption_may_stand_beside(rsa_key: Own, ec_key: Own) -> None:
    encryption = {"kty": "OKP", "crv": "X25519", "x": "AA", "use": "enc"}
    unsaid = bare(rsa_key, alg="RSA-OAEP-256", kid="unsaid")
    assert len(client_keys({"keys": [bare(rsa_key), encryption, unsaid]})) == 1


def test_keys_that_share_a_kid_are_alternatives(rsa_key: Own, ec_key: Own) -> None:
    keys = client_keys({"keys": [bare(rsa_key, kid="a"), bare(ec_key, kid="a")]})
    assert {key.alg for key in keys.find("a", "ES256")} == {"RS256", "ES256"}


STRANGE = {
    "ML-DSA": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "s"},
    "Ed448": {"kty": "OKP", "crv": "Ed448", "x": "AA", "kid": "s"},
    "X25519 without use": {"kty": "OKP", "crv": "X25519", "x": "AA", "kid": "s"},
    "secp256k1": {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
    "P-521": {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
    "RSA of 8192 bits": {"kty": "RSA", "n": number((1 << 8192) - 1), "e": "AQAB"},
    "RSA of 1024 bits": {"kty": "RSA", "n": number((1 << 1024) - 1), "e": "AQAB"},
    "a point off its curve": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
    "no type": {"use": "sig"},
}


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("place", [0, 1])
def test_a_strange_key_is_passed_over(ec_key: Own, strange: str, place: int) -> None:
    jwks = [bare(ec_key)]
    jwks.insert(place, STRANGE[strange])
    check_client_keys({"keys": jwks})
    keys = client_keys({"keys": jwks})
    assert [key.kid for key in keys.find(ec_key.key.kid, "ES256")] == [ec_key.key.kid]
    assert len(keys) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "RS512"},
        {"alg": "RSA1_5"},
        {"use": "enc"},
        {"kid": 5},
        {"kid": ""},
        {"key_ops": "verify"},
        {"use": 5},
    ],
    ids=str,
)
def test_a_key_for_something_else_is_passed_over(
    rsa_key: Own, ec_key: Own, changes: dict[str, Any]
) -> None:
    jwks = {"keys": [bare(rsa_key, **changes), bare(ec_key)]}
    check_client_keys(jwks)
    assert len(client_keys(jwks)) == 1


@pytest.mark.parametrize("member", ["use", "alg", "kid", "key_ops"])
def test_a_member_that_is_null_says_nothing(rsa_key: Own, member: str) -> None:
    jwks = {"keys": [{**bare(rsa_key), member: None}]}
    check_client_keys(jwks)
    assert len(client_keys(jwks)) == 1


def test_what_is_wrong_with_the_only_key_is_told() -> None:
    assert "P-256" in refuse(STRANGE["secp256k1"])
    assert "P-256" in refuse(STRANGE["secp256k1"], STRANGE["ML-DSA"])
    assert "signatures" in refuse(STRANGE["secp256k1"], {**STRANGE["P-521"], "use": "enc"})


@pytest.mark.parametrize(
    "jwks",
    [None, [], {}, "{}", 5, {"keys": None}, {"keys": {}}, {"keys": []}, {"keys": ["a"]}, {1: 2}],
    ids=repr,
)
def test_what_is_no_key_set_is_refused(jwks: Any) -> None:
    with pytest.raises(InvalidClientKeys):
        check_client_keys(jwks)


def test_too_many_keys_are_refused(ec_key: Own) -> None:
    keys = [bare(ec_key, kid=str(n)) for n in range(21)]
    assert len(client_keys({"keys": keys[:20]})) == 20
    assert "20" in refuse(*keys)


def test_a_key_set_too_large_is_refused(ec_key: Own) -> None:
    assert "large" in refuse(bare(ec_key, pad="p" * 70_000))


def test_a_key_set_too_deep_is_refused(ec_key: Own) -> None:
    nested: list[Any] = []
    for _ in range(2000):
        nested = [nested]
    refuse(bare(ec_key, pad=nested))
