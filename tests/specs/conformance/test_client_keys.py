"""The modules about clients whose keys are found at an address of theirs."""

import json
from typing import Any

from joserfc.jwk import Key

from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import CALLBACK
from tests.support import jwt
from tests.support.relying_party import refusal
from tests.support.site import Site

OWN = jwt.key_for("RS256")
ROTATED = jwt.key_for("RS256", "rotated")
SIGNING: dict[str, Any] = {
    "token_endpoint_auth_method": "private_key_jwt",
    "token_endpoint_auth_signing_alg": "RS256",
    "jwks": None,
}


def published(site: Site, *keys: Key) -> str:
    """Publish a client's public keys. Return where."""
    return site.serve("/jwks", json.dumps(jwt.public_set(*keys)))


def test_oidcc_registration_jwks_uri(make_module: MakeModule, run: Run, site: Site) -> None:
    address = published(site, OWN)
    assert make_module(run, jwks_uri=address, **SIGNING).authorize().redeemed is not None
    assert {request.path for request in site.received} == {"/jwks"}


def test_oidcc_refresh_token_rp_key_rotation(
    make_module: MakeModule, run: Run, site: Site
) -> None:
    address = published(site, OWN)
    module = make_module(run, offline=True, jwks_uri=address, **SIGNING)
    outcome = module.authorize(scope="openid offline_access", prompt="consent")
    assert outcome.redeemed is not None
    module.party.key = ROTATED
    published(site, ROTATED)
    module.clock.advance(60)
    assert module.party.refresh(outcome.redeemed.refresh_token).id_token


def test_a_13_an_unknown_key_is_looked_for_once_in_a_while(
    make_module: MakeModule, site: Site
) -> None:
    module = make_module(Run("code"), jwks_uri=published(site, OWN), **SIGNING)
    assert module.authorize().redeemed is not None
    fields = {"grant_type": "authorization_code", "code": "unknown", "redirect_uri": CALLBACK}
    module.party.key = ROTATED
    fetched = site.asked("/jwks")
    for _ in range(3):
        refusal(module.party.post("token", fields), "invalid_client")
    assert site.asked("/jwks") <= fetched + 1
    published(site, ROTATED)
    module.clock.advance(59)
    refusal(module.party.post("token", fields), "invalid_grant")
    module.party.key = OWN
    refusal(module.party.post("token", fields), "invalid_client")
