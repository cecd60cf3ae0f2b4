"""Published examples: RFC 7515 Appendix A.3 (ES256), RFC 8037 Appendix A.1 to A.4
(Ed25519 and its RFC 7638 thumbprint). Transcribed from the text; the signatures and
hashes themselves prove the transcription."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.util import urlsafe_b64decode

from provider.keys import material
from provider.keys.client_keys import client_keys
from provider.keys.material import SigningKey
from provider.keys.purposes import Purpose
from provider.keys.verification import InvalidJwt, verify

EXAMPLE = Purpose(
    name="example",
    keys="client",
    algorithms=("ES256", "EdDSA"),
    typ=None,
    accepts=(None,),
    required=("iss", "exp"),
)

RFC7515_A3_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
RFC7515_A3_JWS = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q"
)
RFC8037_A1_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC8037_A2_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC8037_A3_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
RFC8037_A4_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)


def test_the_ecdsa_example_verifies() -> None:
    keys = client_keys({"keys": [RFC7515_A3_KEY]})
    claims = verify(RFC7515_A3_JWS, EXAMPLE, keys, now=1300819379, issuer="joe").claims
    assert claims["http://example.com/is_root"] is True


def test_the_ecdsa_example_expires_when_it_says() -> None:
    keys = client_keys({"keys": [RFC7515_A3_KEY]})
    with pytest.raises(InvalidJwt, match="expired"):
        verify(RFC7515_A3_JWS, EXAMPLE, keys, now=1300819380, skew=0)


def test_the_eddsa_example_has_a_good_signature_and_no_claims() -> None:
    keys = client_keys({"keys": [RFC8037_A2_KEY]})
    with pytest.raises(InvalidJwt, match="JSONDecodeError"):
        verify(RFC8037_A4_JWS, EXAMPLE, keys, now=0)
    with pytest.raises(InvalidJwt, match="bad signature"):
        verify(RFC8037_A4_JWS[:-4] + "AAAA", EXAMPLE, keys, now=0)


def test_the_eddsa_key_is_published_as_in_the_example() -> None:
    private = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(RFC8037_A1_D.encode()))
    key = SigningKey(private, "EdDSA")
    assert key.jwk == RFC8037_A2_KEY | {"alg": "EdDSA", "use": "sig", "kid": RFC8037_A3_THUMBPRINT}


def test_the_thumbprint_leaves_out_what_is_not_required() -> None:
    named = {**RFC8037_A2_KEY, "kid": "name", "alg": "EdDSA", "use": "sig"}
    assert material.thumbprint(named) == RFC8037_A3_THUMBPRINT
