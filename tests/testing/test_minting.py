"""Any token: genuine but for what a test changes, and those that no provider issues."""

from typing import Any

import pytest

from provider.testing.signet import Signet
from tests.support import jwt
from tests.testing.conftest import Verify, get

API = "https://api.example"


def test_a_minted_token_is_genuine(signet: Signet, verified: Verify) -> None:
    user, client = signet.add_user("alex"), signet.add_client()
    token = signet.mint(user=user, client=client, audience=API, scope="a b", roles=["editor"])
    claims = verified(token)
    assert jwt.header_of(token)["typ"] == "at+jwt"
    assert (claims["sub"], claims["client_id"]) == (user.sub, client.client_id)
    assert (claims["aud"], claims["scope"], claims["roles"]) == (API, "a b", ["editor"])
    assert claims["exp"] - claims["iat"] == 600


def test_several_audiences(signet: Signet, verified: Verify) -> None:
    assert verified(signet.mint(audience=[API, "https://b.example"]))["aud"] == [
        API,
        "https://b.example",
    ]


@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_every_algorithm(signet: Signet, verified: Verify, alg: str) -> None:
    token = signet.mint(alg=alg)
    assert jwt.header_of(token)["alg"] == alg
    assert verified(token)["iss"] == signet.issuer


def test_an_expired_one_was_issued_before_it_expired(signet: Signet, verified: Verify) -> None:
    claims = verified(signet.mint(lifetime=-1))
    assert claims["exp"] == signet.clock.now() - 1
    assert claims["iat"] < claims["exp"]


def test_a_short_one(signet: Signet, verified: Verify) -> None:
    claims = verified(signet.mint(lifetime=5))
    assert (claims["iat"], claims["exp"]) == (signet.clock.now(), signet.clock.now() + 5)


def test_claims_can_be_left_out(signet: Signet, verified: Verify) -> None:
    claims = verified(signet.mint(aud=None, scope="", jti=None))
    assert not {"aud", "scope", "jti"} & set(claims)


def test_an_id_token_in_the_place_of_an_access_token(signet: Signet, verified: Verify) -> None:
    client = signet.add_client()
    token = signet.mint("id_token", client=client, nonce="mine")
    assert jwt.header_of(token)["typ"] == "JWT"
    claims = verified(token)
    assert (claims["aud"], claims["nonce"]) == (client.client_id, "mine")


def test_the_typ_of_another_kind(signet: Signet, verified: Verify) -> None:
    token = signet.mint(typ="logout+jwt")
    assert jwt.header_of(token)["typ"] == "logout+jwt"
    assert verified(token)["client_id"]


def test_who_signed(signet: Signet) -> None:
    jwks = get(f"{signet.issuer}/jwks")
    published = {key["kid"] for key in jwks["keys"]}
    stranger, impostor = (signet.mint(signed_by=who) for who in ("stranger", "impostor"))
    assert jwt.header_of(stranger)["kid"] not in published
    assert jwt.header_of(impostor)["kid"] in published
    for forged in (stranger, impostor):
        with pytest.raises(Exception, match=r"(?i)signature|key"):
            jwt.verified(forged, jwks)
    nobody: dict[str, Any] = jwt.unsigned_claims(signet.mint(signed_by="nobody"))
    assert nobody["iss"] == signet.issuer


def test_a_minted_token_can_be_revoked(signet: Signet) -> None:
    token = signet.mint(scope="openid")
    headers = {"Authorization": f"Bearer {token}"}
    assert get(f"{signet.issuer}/userinfo", headers)["sub"]
    signet.revoke(token)
    with pytest.raises(Exception, match="401") as refused:
        get(f"{signet.issuer}/userinfo", headers)
    refused.value.close()  # type: ignore[attr-defined]
