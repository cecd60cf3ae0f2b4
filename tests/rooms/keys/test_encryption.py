"""`provider.keys.encryption`: what is encrypted to us and to clients (RFC 7516, RFC 7518 §4, §5),
and everything that is not opened."""

import json
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from provider.keys.encryption import (
    ALGORITHMS,
    ENCODINGS,
    LONGEST_CONTENT,
    NoEncryptionKey,
    encrypt,
)
from provider.keys.keyring import Keyring, OpenTransaction
from provider.keys.lifecycle import KeyPolicy
from provider.keys.purposes import ID_TOKEN_HINT
from provider.keys.vault import Vault
from provider.keys.verification import InvalidJwt
from provider.store.schema import metadata
from provider.store.unit_of_work import open_engine, transaction
from tests.rooms.keys.conftest import MASTER, MakeKeyring
from tests.rooms.keys.support import DAY, NOW, CountedEntropy, StatedClock, b64
from tests.support import jwe, jwt

pytestmark = pytest.mark.spec("RFC7516-5.2")

INNER = "e30.e30.c2ln"


def published(keyring: Keyring, kty: str, now: int = NOW) -> dict[str, Any]:
    keys = json.loads(keyring.jwks(now).body)["keys"]
    (found,) = [key for key in keys if (key["kty"], key["use"]) == (kty, "enc")]
    return dict(found)


def to_us(keyring: Keyring, alg: str = "RSA-OAEP-256", enc: str = "A128GCM", **more: Any) -> str:
    jwk = published(keyring, "RSA" if alg.startswith("RSA") else "EC")
    return jwe.encrypted(more.pop("content", INNER), jwk, alg=alg, enc=enc, **more)


def with_header(token: str, **changes: Any) -> str:
    header = {**jwt.header_of(token), **changes}
    present = {name: value for name, value in header.items() if value is not None}
    return b64(json.dumps(present).encode()) + token[token.index(".") :]


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyring]:
    """A keyring that no test changes; making keys takes longer than using them."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('still') / 'keys.db'}")
    with engine.begin() as connection:
        metadata.create_all(connection)
    entropy, clock = CountedEntropy("still"), StatedClock()
    policy = KeyPolicy(keep_after=660, derivation_keep_after=90 * DAY)
    keyring = Keyring(
        partial(transaction, engine), Vault((MASTER,), entropy), clock, entropy, policy
    )
    with transaction(engine) as tx:
        keyring.ensure(tx, NOW)
    yield keyring
    engine.dispose()


@pytest.mark.parametrize("enc", ENCODINGS)
@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("named", [True, False])
def test_what_is_encrypted_to_us_is_opened(
    still: Keyring, alg: str, enc: str, named: bool
) -> None:
    unnamed = {} if named else {"kid": None}
    assert still.decrypt(to_us(still, alg, enc, cty="JWT", **unnamed), NOW) == INNER


@pytest.mark.parametrize("segment", range(5))
@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("enc", ENCODINGS)
def test_nothing_tampered_with_is_opened_and_all_of_it_is_one_case(
    still: Keyring, alg: str, enc: str, segment: int
) -> None:
    parts = to_us(still, alg, enc).split(".")
    if segment == 0:
        header = json.loads(jwt.decode(parts[0]))
        parts[0] = b64(json.dumps({**header, "cty": "other"}).encode())
    else:
        content = bytearray(jwt.decode(parts[segment]) or b"\0")
        content[0] ^= 1
        parts[segment] = b64(bytes(content))
    with pytest.raises(InvalidJwt) as refused:
        still.decrypt(".".join(parts), NOW)
    assert refused.value.reason == "cannot be decrypted"


@pytest.mark.parametrize("length", [0, 1, 4, 8, 12, 15])
@pytest.mark.parametrize("enc", ENCODINGS)
def test_a_shortened_tag_proves_nothing(still: Keyring, enc: str, length: int) -> None:
    start, _, tag = to_us(still, enc=enc).rpartition(".")
    with pytest.raises(InvalidJwt):
        still.decrypt(f"{start}.{b64(jwt.decode(tag)[:length])}", NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "RSA1_5"}, {"alg": "dir"}, {"alg": "RSA-OAEP"}, {"alg": "A128KW"},
        {"alg": "none"}, {"alg": None}, {"alg": ["RSA-OAEP-256"]}, {"alg": {}}, {"alg": 1},
        {"alg": "PBES2-HS256+A128KW", "p2c": 2**31 - 1, "p2s": "AAAA"},
        {"alg": "ECDH-ES"}, {"alg": "ECDH-ES", "epk": {"kty": "oct", "k": "AAAA"}},
        {"enc": "A192GCM"}, {"enc": "none"}, {"enc": None}, {"enc": []},
        {"zip": "DEF"}, {"zip": None, "crit": ["exp"]}, {"crit": []},
        {"kid": ""}, {"kid": 7}, {"kid": "k" * 257}, {"kid": "nobody"},
        {"typ": 7}, {"jwk": 7},
    ],
)  # fmt: skip
def test_a_header_that_asks_for_anything_else_is_refused(
    still: Keyring, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidJwt):
        still.decrypt(with_header(to_us(still), **changes), NOW)


@pytest.mark.parametrize(
    ("alg", "more"), [("RSA1_5", {}), ("RSA-OAEP", {}), ("RSA-OAEP-256", {"zip": "DEF"})]
)
def test_what_is_genuinely_encrypted_in_a_way_not_offered_is_refused(
    still: Keyring, alg: str, more: dict[str, str]
) -> None:
    token = to_us(still, alg, **more)
    with pytest.raises(InvalidJwt):
        still.decrypt(token, NOW)


def test_a_public_key_is_no_shared_secret(still: Keyring) -> None:
    jwk = published(still, "EC")
    secret = OctKey.import_key(jwt.decode(jwk["x"]))
    token = jwe.encrypted(INNER, secret, alg="dir", enc="A128CBC-HS256", kid=jwk["kid"])
    with pytest.raises(InvalidJwt, match="not allowed"):
        still.decrypt(token, NOW)


@pytest.mark.parametrize(("alg", "wrong"), [("RSA-OAEP-256", "EC"), ("ECDH-ES", "RSA")])
def test_a_kid_of_the_other_family_opens_nothing(still: Keyring, alg: str, wrong: str) -> None:
    token = to_us(still, alg, kid=published(still, wrong)["kid"])
    with pytest.raises(InvalidJwt):
        still.decrypt(token, NOW)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_is_encrypted_to_somebody_else_is_not_opened(still: Keyring, alg: str) -> None:
    key = jwe.key_for(alg)
    kid = published(still, "RSA" if alg.startswith("RSA") else "EC")["kid"]
    for name in (kid, None):
        token = jwe.encrypted(INNER, key, alg=alg, enc="A128GCM", kid=name)
        with pytest.raises(InvalidJwt, match="cannot be decrypted"):
            still.decrypt(token, NOW)


@pytest.mark.spec("RFC7518-4.6")
@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_an_ephemeral_key_of_another_curve_is_refused(still: Keyring, curve: str) -> None:
    epk = ECKey.generate_key(curve).as_dict(private=False)
    with pytest.raises(InvalidJwt):
        still.decrypt(with_header(to_us(still, "ECDH-ES"), epk=epk), NOW)


@pytest.mark.parametrize("point", [("AA", "AA"), (b64(b"\1" * 32), b64(b"\2" * 32))])
def test_an_ephemeral_key_that_is_no_point_is_refused(
    still: Keyring, point: tuple[str, str]
) -> None:
    epk = {"kty": "EC", "crv": "P-256", "x": point[0], "y": point[1]}
    with pytest.raises(InvalidJwt):
        still.decrypt(with_header(to_us(still, "ECDH-ES"), epk=epk), NOW)


@pytest.mark.parametrize(
    "token",
    ["", ".", "....", "a.b.c", "a.b.c.d.e", "é.a.b.c.d", "e30....", "W10....", "bnVsbA....",
     INNER, "." * 9, "[" * 60000 + "....", b64(b"[" * 60000) + "...."],
)  # fmt: skip
def test_what_is_no_jwe_is_refused(still: Keyring, token: str) -> None:
    with pytest.raises(InvalidJwt):
        still.decrypt(token, NOW)


def test_what_is_too_long_is_refused_before_any_key_is_used(still: Keyring) -> None:
    for length in (LONGEST_CONTENT, 3 * LONGEST_CONTENT):
        with pytest.raises(InvalidJwt):
            still.decrypt(to_us(still, content="a" * length), NOW)
    with pytest.raises(InvalidJwt):
        still.decrypt(to_us(still, filler="a" * 5000), NOW)


def test_what_is_inside_is_text(still: Keyring) -> None:
    with pytest.raises(InvalidJwt):
        still.decrypt(to_us(still, content="é"), NOW)


@pytest.mark.spec("RFC8725-3.1")
def test_keys_do_one_thing(still: Keyring) -> None:
    """An encryption key verifies nothing, a signing key decrypts nothing."""
    claims = {"iss": "i", "sub": "s", "aud": "a", "iat": NOW, "exp": NOW + 9}
    genuine = still.snapshot(NOW)
    (opener,) = [key for key in genuine.decryption if key.family == "RSA-OAEP-256"]
    private = RSAKey.import_key(opener.key.as_pem(private=True), {"alg": "RS256"})
    token = jwt.sign(private, claims, alg="RS256", kid=opener.kid)
    with pytest.raises(InvalidJwt, match="unknown key"):
        still.verify(token, ID_TOKEN_HINT, now=NOW)
    keys = json.loads(still.jwks(NOW).body)["keys"]
    (signer,) = [key for key in keys if key.get("alg") == "RS256"]
    sealed = jwe.encrypted(INNER, signer, alg="RSA-OAEP-256", enc="A128GCM")
    with pytest.raises(InvalidJwt, match="cannot be decrypted"):
        still.decrypt(sealed, NOW)


@pytest.mark.spec("OIDCC-10.2.1")
@pytest.mark.parametrize(("alg", "kty"), [("RSA-OAEP-256", "RSA"), ("ECDH-ES", "EC")])
def test_one_key_is_published_and_its_predecessor_still_opens_for_a_while(
    keyring: Keyring, tx_factory: OpenTransaction, clock: StatedClock, alg: str, kty: str
) -> None:
    old, token = published(keyring, kty)["kid"], to_us(keyring, alg)
    with tx_factory() as tx:
        (made,) = keyring.rotate(tx, NOW, alg)
    clock.time = NOW + DAY - 1
    assert published(keyring, kty, clock.time)["kid"] == old
    clock.time = NOW + DAY
    assert published(keyring, kty, clock.time)["kid"] == made.kid
    for later in (0, 659):
        clock.time = NOW + DAY + later
        assert keyring.decrypt(token, clock.time) == INNER
    clock.time = NOW + DAY + 660
    with pytest.raises(InvalidJwt):
        keyring.decrypt(token, clock.time)


def test_a_key_that_was_retired_opens_nothing(
    keyring: Keyring, tx_factory: OpenTransaction, clock: StatedClock
) -> None:
    token, old = to_us(keyring), published(keyring, "RSA")["kid"]
    with tx_factory() as tx:
        keyring.rotate(tx, NOW, "RSA-OAEP-256", immediately=True)
        keyring.retire(tx, NOW, old)
    clock.time = NOW + 2
    with pytest.raises(InvalidJwt):
        keyring.decrypt(token, clock.time)


def test_another_process_opens_it_too(keyring: Keyring, process: MakeKeyring) -> None:
    assert process("other").decrypt(to_us(keyring), NOW) == INNER


def encrypt_to(jwks: Any, alg: str = "ECDH-ES", enc: str = "A128GCM") -> str:
    return encrypt(INNER, jwks, alg, enc, typ="JWT", cty="JWT")


@pytest.mark.parametrize("crv", ["P-256", "P-384", "P-521", "X25519"])
def test_every_curve_of_a_client_is_encrypted_to(crv: str) -> None:
    own: Any = OKPKey.generate_key("X25519") if crv == "X25519" else ECKey.generate_key(crv)
    token = encrypt_to(jwt.public_set(own))
    assert jwe.open_with(token, own) == INNER
    header = jwt.header_of(token)
    assert (header["typ"], header["cty"]) == ("JWT", "JWT")
    assert "kid" not in header


def test_the_key_that_says_it_is_for_encryption_is_preferred() -> None:
    either, meant = ECKey.generate_key("P-256", {"kid": "either"}), jwe.key_for("ECDH-ES")
    signing = jwt.key_for("ES256")
    token = encrypt_to(jwt.public_set(signing, either, meant))
    assert jwt.header_of(token)["kid"] == meant.get("kid")
    assert jwe.open_with(token, meant) == INNER
    assert jwt.header_of(encrypt_to(jwt.public_set(signing, either)))["kid"] == "either"


@pytest.mark.parametrize("alg", ["RSA1_5", "dir", "RSA-OAEP", "A128KW", "none", ""])
def test_nothing_is_written_in_a_way_not_offered(alg: str) -> None:
    with pytest.raises(NoEncryptionKey):
        encrypt_to(jwt.public_set(jwe.key_for("RSA-OAEP-256")), alg)
    with pytest.raises(NoEncryptionKey):
        encrypt_to(jwt.public_set(jwe.key_for("ECDH-ES")), enc=alg)


@pytest.mark.parametrize(
    "jwk",
    [
        {}, {"use": "sig"}, {"alg": "ECDH-ES+A128KW"}, {"crv": "secp256k1"}, {"kty": "RSA"},
        {"kty": ["EC"]}, {"crv": ["P-256"]}, {"x": "AAAA"}, {"x": 7}, {"y": None},
        {"key_ops": ["verify"]}, {"kty": "oct", "k": "AAAA"},
    ],
)  # fmt: skip
def test_a_key_that_does_not_fit_is_not_encrypted_to(jwk: dict[str, Any]) -> None:
    good = jwe.key_for("ECDH-ES").as_dict(private=False)
    jwks = {"keys": [{**good, **jwk} if jwk else 7]}
    with pytest.raises(NoEncryptionKey):
        encrypt_to(jwks)


@pytest.mark.parametrize("jwks", [None, {}, [], {"keys": []}, {"keys": "x"}, {"keys": None}, 7])
def test_a_set_without_keys_is_not_encrypted_to(jwks: Any) -> None:
    with pytest.raises(NoEncryptionKey):
        encrypt_to(jwks)


def test_a_short_rsa_key_is_not_encrypted_to() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        weak = RSAKey.generate_key(1024, {"use": "enc"}).as_dict(private=False)
    with pytest.raises(NoEncryptionKey):
        encrypt_to({"keys": [weak]}, "RSA-OAEP-256")
