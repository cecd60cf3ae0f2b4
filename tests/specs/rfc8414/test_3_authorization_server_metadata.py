"""RFC 8414 §2, §3: what an OAuth client without OpenID Connect reads."""

import pytest

from tests.support import wire
from tests.support.relying_party import RelyingParty

ADDRESS = "https://op.example/.well-known/oauth-authorization-server"


@pytest.mark.spec("RFC8414-2")
def test_each_endpoint_lists_the_methods_it_takes(relying_party: RelyingParty) -> None:
    metadata = wire.get(relying_party.app, ADDRESS).json
    everyone = {"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}
    assert set(metadata["token_endpoint_auth_methods_supported"]) == everyone
    assert set(metadata["revocation_endpoint_auth_methods_supported"]) == everyone
    introspection = set(metadata["introspection_endpoint_auth_methods_supported"])
    assert introspection == everyone - {"none"}


@pytest.mark.spec("RFC8414-2")
def test_where_assertions_are_taken_their_algorithms_are_listed(
    relying_party: RelyingParty,
) -> None:
    metadata = wire.get(relying_party.app, ADDRESS).json
    algorithms = metadata["token_endpoint_auth_signing_alg_values_supported"]
    assert set(algorithms) == {"RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"}
    for endpoint in ("introspection", "revocation"):
        assert metadata[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] == algorithms


@pytest.mark.spec("RFC8414-3.2")
def test_no_member_is_empty(relying_party: RelyingParty) -> None:
    for name, value in wire.get(relying_party.app, ADDRESS).json.items():
        assert value not in (None, "", [], {}), name
