"""Published examples of JSON Web Encryption, as data in `tests/vectors/jwe.json`: what we open
(RFC 7520 §5.4, §5.5), the key that is agreed on (RFC 7518 Appendix C), and what is genuine and
yet never opened, because its algorithm is not offered (RFC 7516 Appendix A)."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, RSAKey
from joserfc.util import base64_to_int, urlsafe_b64decode

from provider.keys.encryption import AGREEMENT, DecryptionKey, decrypt
from provider.keys.verification import InvalidJwt
from tests.rooms.keys.support import b64

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "jwe.json").read_text("utf-8"))


def named(examples: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(example, id=example["source"]) for example in examples]


def held(example: dict[str, Any]) -> DecryptionKey:
    private = ECKey.import_key(example["key"]).private_key
    assert private is not None
    return DecryptionKey(private, AGREEMENT)


def opened_by_an_outsider(example: dict[str, Any]) -> str:
    """Return what joserfc finds inside, with every algorithm it has."""
    jwk = example["key"]
    key: Any = OctKey.import_key(jwk) if jwk["kty"] == "oct" else _rsa(jwk)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        opened = jwe.decrypt_compact(
            example["compact"], key, algorithms=[example["alg"], example["enc"]]
        )
    return (opened.plaintext or b"").decode()


def _rsa(jwk: dict[str, str]) -> RSAKey:
    n, e, d = (base64_to_int(jwk[name]) for name in ("n", "e", "d"))
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    rest = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    numbers = rsa.RSAPrivateNumbers(p, q, d, *rest, rsa.RSAPublicNumbers(e, n))
    return RSAKey.import_key(numbers.private_key())


@pytest.mark.spec("RFC7520-5.4", "RFC7520-5.5")
@pytest.mark.parametrize("example", named(VECTORS["opened"]))
def test_a_published_example_is_opened(example: dict[str, Any]) -> None:
    assert held(example).open(example["compact"]).decode() == example["plaintext"]


@pytest.mark.spec("RFC7520-5.4", "RFC7520-5.5")
@pytest.mark.parametrize("part", range(5))
@pytest.mark.parametrize("example", named(VECTORS["opened"]))
def test_a_published_example_with_one_bit_changed_is_not(
    example: dict[str, Any], part: int
) -> None:
    parts = example["compact"].split(".")
    content = bytearray(urlsafe_b64decode(parts[part].encode()) or b"\0")
    content[-1] ^= 1
    parts[part] = b64(bytes(content))
    with pytest.raises(InvalidJwt, match="cannot be decrypted"):
        held(example).open(".".join(parts))


@pytest.mark.spec("RFC7520-5.4", "RFC7520-5.5")
def test_a_published_example_is_for_the_holder_of_its_key_alone() -> None:
    one, other = VECTORS["opened"]
    with pytest.raises(InvalidJwt, match="cannot be decrypted"):
        held(other).open(one["compact"])
    with pytest.raises(InvalidJwt, match="cannot be decrypted"):
        held(one).open(other["compact"])


@pytest.mark.spec("RFC7518-C")
def test_the_agreed_key_is_the_printed_one() -> None:
    example = VECTORS["derived"]
    header = b64(json.dumps({**example["header"], "epk": example["ephemeral"]}).encode())
    key, nonce = urlsafe_b64decode(example["derived_key"].encode()), bytes(12)
    sealed = AESGCM(key).encrypt(nonce, b"for Bob", header.encode())
    token = ".".join((header, "", b64(nonce), b64(sealed[:-16]), b64(sealed[-16:])))
    assert held(example).open(token) == b"for Bob"


@pytest.mark.spec("RFC7518-C")
@pytest.mark.parametrize("party", ["apu", "apv"])
def test_the_agreed_key_depends_on_who_agrees(party: str) -> None:
    example = VECTORS["derived"]
    about = {**example["header"], "epk": example["ephemeral"], party: b64(b"Eve")}
    header = b64(json.dumps(about).encode())
    key, nonce = urlsafe_b64decode(example["derived_key"].encode()), bytes(12)
    sealed = AESGCM(key).encrypt(nonce, b"for Bob", header.encode())
    token = ".".join((header, "", b64(nonce), b64(sealed[:-16]), b64(sealed[-16:])))
    with pytest.raises(InvalidJwt, match="cannot be decrypted"):
        held(example).open(token)


@pytest.mark.spec("RFC7516-A.1", "RFC7516-A.3")
@pytest.mark.parametrize("example", named(VECTORS["not_offered"]))
def test_a_genuine_example_of_an_algorithm_that_is_not_offered_is_refused(
    example: dict[str, Any],
) -> None:
    assert opened_by_an_outsider(example) == example["plaintext"]
    with pytest.raises(InvalidJwt, match="algorithm not allowed"):
        decrypt(example["compact"], ())
