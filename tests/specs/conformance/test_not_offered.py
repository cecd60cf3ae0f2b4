"""The rules about what this provider does not offer, pushed requests and proofs of possession: it
is not in discovery, whoever uses it all the same is refused or treated as if it were not there,
and nobody is given the impression of having been protected by it."""

import pytest

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import CALLBACK, Module
from tests.support import jwt, wire
from tests.support.relying_party import ASSERTION_TYPE

PUSHED = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c"
CODE = Run("code")
KEY = jwt.key_for("ES256", "proof")


@pytest.fixture
def proof(module: Module) -> str:
    """A DPoP proof for the token endpoint, as good as any."""
    claims = {"jti": "1", "htm": "POST", "htu": module.party.endpoint("token")}
    public = jwt.public_set(KEY)["keys"][0]
    return jwt.sign(KEY, {**claims, "iat": module.clock.now()}, typ="dpop+jwt", jwk=public)


@pytest.mark.parametrize(
    "member", ["pushed_authorization_request_endpoint", "require_pushed_authorization_requests"]
)
def test_a_17_pushed_requests_are_not_in_discovery(module: Module, member: str) -> None:
    assert member not in module.party.metadata


@pytest.mark.parametrize("registered", [False, True])
def test_a_17_the_address_of_a_pushed_request_is_refused(
    make_module: MakeModule, registered: bool
) -> None:
    module = make_module(CODE, request_uris=(PUSHED,) if registered else ())
    refused = module.refused(request_uri=PUSHED)
    assert refused.error == "invalid_request_uri"


@pytest.mark.parametrize("path", ["/par", "/request", "/as/par"])
def test_a_17_nobody_takes_a_pushed_request(module: Module, path: str) -> None:
    fields = {**module.request().parameters, "client_assertion_type": ASSERTION_TYPE}
    answer = wire.post(module.party.app, module.party.issuer + path, fields)
    assert answer.status == 404
    assert "request_uri" not in answer.text


def test_a_19_proofs_are_not_in_discovery(module: Module) -> None:
    assert "dpop_signing_alg_values_supported" not in module.party.metadata


def test_a_19_a_key_named_in_the_request_binds_nothing(module: Module) -> None:
    thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    tokens = module.authorize(dpop_jkt=thumbprint).redeemed
    assert tokens is not None
    assert tokens.body["token_type"] == "Bearer"


@pytest.mark.parametrize("good", [True, False])
def test_a_19_a_proof_changes_nothing_and_the_token_says_so(
    module: Module, proof: str, good: bool
) -> None:
    attempt = module.request()
    module.send(attempt).pass_pages()
    grant = module.receive(attempt)
    fields = {"grant_type": "authorization_code", "code": grant.code, "redirect_uri": CALLBACK}
    credentials, headers = module.party.credentials()
    headers = {**headers, "DPoP": proof if good else "x"}
    answer = module.party.post_raw("token", {**credentials, **fields}, headers=headers)
    assert answer.status == 200
    assert answer.json["token_type"] == "Bearer"
    assert "cnf" not in jwt.claims_of(answer.json["access_token"])
    assert answer.header("DPoP-Nonce") is None


def test_a_19_a_token_presented_as_bound_opens_nothing(module: Module, proof: str) -> None:
    token = module.authorize().access_token
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    answer = wire.get(module.party.app, module.party.endpoint("userinfo"), headers=headers)
    assert answer.status == 401
    assert (answer.header("WWW-Authenticate") or "").startswith("Bearer ")
