"""RFC 7523 §3, RFC 8725: an assertion is signed by a key of the client, by that key's one
algorithm."""

from collections.abc import Callable

import pytest
from joserfc.jwk import OctKey

from provider.context import Provider
from tests.support import jwt
from tests.support.assertions import accepted, present
from tests.support.browser import Browser
from tests.support.forgeries import FORGERIES
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.spec("RFC7523-3", "OIDCC-9")

MakeParty = Callable[..., RelyingParty]


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"])
def test_an_assertion_by_the_clients_key_is_accepted(
    make_relying_party: MakeParty, alg: str
) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg=alg
    )
    assert accepted(present(party, party.assertion()))


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_assertion_is_refused(party: RelyingParty, forgery: str) -> None:
    assert party.key is not None
    public = {"kty": "EC", **party.key.as_dict(private=False)}
    forged = FORGERIES[forgery](party.assertion(), public)
    answer = present(party, forged)
    if len(forged) > 60_000:
        assert answer.status == 413
    else:
        assert not accepted(answer)
    assert forged not in answer.text


def test_an_assertion_signed_by_another_client_is_refused(
    provider: Provider, make_relying_party: MakeParty, party: RelyingParty
) -> None:
    key = jwt.key_for("ES256", "another client")
    other = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", jwks=jwt.public_set(key)
    )
    party.key = key
    assert not accepted(present(party, party.assertion()))
    other.key = key
    assert accepted(present(other, other.assertion()))


@pytest.mark.parametrize(
    ("registered", "used"),
    [("RS256", "PS256"), ("PS256", "RS256"), ("RS256", "ES256"), ("ES256", "RS256")],
)
def test_an_algorithm_other_than_the_registered_one_is_refused(
    make_relying_party: MakeParty, registered: str, used: str
) -> None:
    keys = [jwt.key_for(registered), jwt.key_for(used)]
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg=registered,
        jwks=jwt.public_set(*keys),
    )
    party.key = keys[1]
    assert not accepted(present(party, party.assertion()))


@pytest.mark.parametrize("alg", ["PS256", "RS512"])
def test_a_key_serves_its_own_algorithm_only(make_relying_party: MakeParty, alg: str) -> None:
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", token_endpoint_auth_signing_alg="RS256"
    )
    assert party.key is not None
    claims = jwt.claims_of(party.assertion())
    assert not accepted(present(party, jwt.sign(party.key, claims, alg=alg)))


def test_a_client_may_hold_several_keys(make_relying_party: MakeParty) -> None:
    keys = [jwt.key_for("ES256", f"key {number}") for number in range(2)]
    party = make_relying_party(
        token_endpoint_auth_method="private_key_jwt", jwks=jwt.public_set(*keys)
    )
    for key in keys:
        party.key = key
        assert accepted(present(party, party.assertion()))


def test_a_client_without_keys_is_refused(make_relying_party: MakeParty) -> None:
    party = make_relying_party(token_endpoint_auth_method="private_key_jwt", jwks=None)
    assert not accepted(present(party, party.assertion()))


def test_the_keys_of_the_provider_prove_no_client(
    provider: Provider, party: RelyingParty, signed_in: Browser
) -> None:
    tokens = party.sign_in(signed_in)
    for token in (tokens.access_token, tokens.id_token):
        assert not accepted(present(party, token))


def test_a_secret_shared_by_nobody_proves_nothing(party: RelyingParty) -> None:
    key = OctKey.generate_key(256, {"kid": "shared", "alg": "HS256"})
    assert not accepted(present(party, jwt.sign(key, jwt.claims_of(party.assertion()))))


def test_the_metadata_lists_the_algorithms_of_assertions(party: RelyingParty) -> None:
    listed = party.metadata["token_endpoint_auth_signing_alg_values_supported"]
    assert set(listed) == {"RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"}
