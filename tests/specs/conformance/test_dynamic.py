"""The modules of the plan Dynamic: redirect URIs compared exactly, keys that change, and clients
that prove themselves by a signed assertion."""

import pytest

from provider.context import Provider
from provider.store.unit_of_work import transaction
from tests.specs.conformance import baseline
from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import CALLBACK, Module
from tests.support import jwt

WITH_QUERY = f"{CALLBACK}?dummy1=lorem&dummy2=ipsum"


@pytest.fixture
def module(make_module: MakeModule, run: Run) -> Module:
    return make_module(run, token_endpoint_auth_method="private_key_jwt")


def test_oidcc_redirect_uri_query_ok(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, redirect_uris=(WITH_QUERY,))
    module.authorize()
    assert module.browser.left is not None
    assert module.browser.left.url.startswith(WITH_QUERY)


def test_oidcc_redirect_uri_query_mismatch(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, redirect_uris=(f"{CALLBACK}?foo=bar",))
    assert module.stopped(redirect_uri=f"{CALLBACK}?foo=baz") == "invalid_request"


def test_oidcc_redirect_uri_query_added(module: Module) -> None:
    assert module.stopped(redirect_uri=f"{CALLBACK}?foo=bar") == "invalid_request"


def test_oidcc_ensure_redirect_uri_in_authorization_request(
    make_module: MakeModule, run: Run
) -> None:
    module = make_module(run, redirect_uris=(CALLBACK, f"{CALLBACK}/second"))
    assert module.stopped(redirect_uri=None) == "invalid_request"


def test_oidcc_server_rotate_keys(module: Module, provider: Provider) -> None:
    before = {key["kid"] for key in module.party.jwks["keys"]}
    module.authorize()
    with transaction(provider.engine) as tx:
        made = provider.keyring.rotate(tx, module.clock.now(), "RS256", immediately=True)
    after = {key["kid"] for key in module.party.jwks["keys"]}
    assert {key.kid for key in made} <= after - before
    assert before & after
    baseline.check_keys(module.party.jwks)
    module.clock.advance(60)
    assert jwt.header_of(module.authorize().id_token)["kid"] in after - before


def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(module: Module) -> None:
    grant = module.authorize(redeem=False).grant
    credentials, _ = module.party.credentials()
    claims = jwt.claims_of(credentials["client_assertion"])
    assert claims["aud"] == module.party.issuer
    assert module.party.redeem(grant).id_token
