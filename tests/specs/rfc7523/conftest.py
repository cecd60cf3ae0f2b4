"""The client that signs assertions."""

from collections.abc import Callable

import pytest

from tests.support.relying_party import RelyingParty


@pytest.fixture
def party(make_relying_party: Callable[..., RelyingParty]) -> RelyingParty:
    return make_relying_party(token_endpoint_auth_method="private_key_jwt")
