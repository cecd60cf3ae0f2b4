"""OpenID Connect Core §6.1, RFC 9101 §6.1: a request object that is encrypted to us."""

from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwe import JWERegistry
from joserfc.jwk import JWKRegistry

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty
from tests.support.request_objects import by_value, finish, refusal_of, signed, signer

pytestmark = [
    pytest.mark.spec("OIDCC-6.1", "OIDCC-10.2", "RFC9101-6.1"),
    pytest.mark.settings(profile="openid"),
]

MakeParty = Callable[..., RelyingParty]
INVALID = "invalid_request_object"
ALGORITHMS = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
ENCODINGS = ("A128CBC-HS256", "A128GCM", "A256GCM")


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return signer(make_relying_party)


def our_key(party: RelyingParty, alg: str) -> dict[str, Any]:
    """Return the published key that this algorithm encrypts to."""
    kty = "RSA" if alg.startswith("RSA") else "EC"
    keys = [key for key in party.jwks["keys"] if key.get("use") == "enc" and key["kty"] == kty]
    assert len(keys) == 1
    return dict(keys[0])


def encrypted(
    party: RelyingParty, token: str, alg: str = "RSA-OAEP-256", enc: str = "A256GCM", **head: Any
) -> str:
    """Return a JWE of the token to the provider, as any library makes it."""
    jwk = our_key(party, alg)
    header = {"alg": alg, "enc": enc, "cty": "JWT", "kid": jwk["kid"], **head}
    registry = JWERegistry(algorithms=[alg, enc, "DEF"])
    key = JWKRegistry.import_key({n: v for n, v in jwk.items() if n not in ("alg", "use")})
    return jwe.encrypt_compact(header, token, key, registry=registry)


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("enc", ENCODINGS)
def test_a_signed_and_encrypted_request_is_answered(
    party: RelyingParty, signed_in: Browser, alg: str, enc: str
) -> None:
    assert alg in party.metadata["request_object_encryption_alg_values_supported"]
    assert enc in party.metadata["request_object_encryption_enc_values_supported"]
    attempt = by_value(party, lambda claims: encrypted(party, signed(party, claims), alg, enc))
    assert party.redeem(finish(signed_in, party, attempt)).claims["nonce"] == attempt.nonce


@pytest.mark.settings(profile="oauth21")
def test_also_under_oauth_2_1(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, lambda claims: encrypted(party, signed(party, claims)))
    assert finish(signed_in, party, attempt).code


def test_one_of_six_kilobytes_fits(party: RelyingParty, signed_in: Browser) -> None:
    about = {"padding": "p" * 5000}
    attempt = by_value(party, lambda claims: encrypted(party, signed(party, claims)), about=about)
    assert len(attempt.url) > 8192
    assert finish(signed_in, party, attempt).code


def test_who_registered_encryption_may_leave_it_out(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, request_object_encryption_alg="RSA-OAEP-256")
    assert finish(signed_in, party, by_value(party)).code


@pytest.mark.spec("PA-04")
def test_encryption_is_no_signature(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, lambda claims: encrypted(party, jwt.unsigned(claims)))
    assert refusal_of(signed_in, party, attempt) == INVALID
    key = jwt.key_for("ES256", "stranger")
    attempt = by_value(party, lambda claims: encrypted(party, signed(party, claims, key)))
    assert refusal_of(signed_in, party, attempt) == INVALID


def test_a_client_that_signs_everything_may_encrypt_as_well(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = signer(make_relying_party, require_signed_request_object=True)
    attempt = by_value(party, lambda claims: encrypted(party, signed(party, claims)))
    assert finish(signed_in, party, attempt).code
    attempt = by_value(party, lambda claims: encrypted(party, jwt.unsigned(claims)))
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.settings(profile="certification", test_issuer=True)
def test_an_unsigned_one_may_be_encrypted_where_it_is_taken(
    party: RelyingParty, signed_in: Browser
) -> None:
    attempt = by_value(party, lambda claims: encrypted(party, jwt.unsigned(claims)))
    assert finish(signed_in, party, attempt).code


def test_what_is_closed_twice_is_refused(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(
        party, lambda claims: encrypted(party, encrypted(party, signed(party, claims)))
    )
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.parametrize("segment", range(5))
def test_a_changed_one_is_refused(party: RelyingParty, signed_in: Browser, segment: int) -> None:
    def spoiled(claims: dict[str, Any]) -> str:
        parts = encrypted(party, signed(party, claims)).split(".")
        parts[segment] = ("B" if parts[segment][0] == "A" else "A") + parts[segment][1:]
        return ".".join(parts)

    assert refusal_of(signed_in, party, by_value(party, spoiled)) == INVALID


@pytest.mark.parametrize(
    "head", [{"kid": "nobody"}, {"zip": "DEF"}], ids=lambda one: next(iter(one))
)
def test_an_odd_header_is_refused(
    party: RelyingParty, signed_in: Browser, head: dict[str, Any]
) -> None:
    attempt = by_value(party, lambda claims: encrypted(party, signed(party, claims), **head))
    assert refusal_of(signed_in, party, attempt) == INVALID


@pytest.mark.parametrize("text", ["....", "a.b.c.d.e", "e30.e30.e30.e30.e30", "한.국.어.한.국"])
def test_what_only_looks_encrypted_is_refused(
    party: RelyingParty, signed_in: Browser, text: str
) -> None:
    assert party.refused(signed_in, request=text).error == INVALID
