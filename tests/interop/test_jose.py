"""Another implementation of JOSE, Node's jose, verifies our access tokens and our status lists,
and reads in them what became of an authorization."""

from typing import Any

import pytest

from provider.testing.signet import Signet
from tests.interop.conftest import Scenario

API = "https://api.example"
VALID, INVALID, SUSPENDED = 0, 1, 2

pytestmark = [
    pytest.mark.needs("npm"),
    pytest.mark.signet(scopes={"notes:read": "Read your notes"}),
]


def test_an_access_token(node: Scenario, signet: Signet) -> None:
    user = signet.add_user()
    client = signet.add_client(resources=[API])
    tokens = signet.sign_in(client, user, scope="notes:read openid", resource=API)
    node(
        "jose",
        "access_token",
        issuer=signet.issuer,
        audience=API,
        access_token=tokens.access_token,
        subject=user.sub,
        scopes=["notes:read", "openid"],
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"signed_by": "stranger"}, "ERR_JWKS_NO_MATCHING_KEY"),
        ({"signed_by": "impostor"}, "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"),
        ({"signed_by": "nobody"}, "ERR_JOSE_ALG_NOT_ALLOWED"),
        ({"lifetime": -60}, "ERR_JWT_EXPIRED"),
        ({"aud": "https://elsewhere.example"}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
        ({"kind": "id_token", "alg": "ES256"}, "ERR_JWT_CLAIM_VALIDATION_FAILED"),
    ],
    ids=str,
)
def test_one_that_is_no_access_token(
    node: Scenario, signet: Signet, change: dict[str, Any], code: str
) -> None:
    forged = signet.mint(**{"aud": API, **change})
    node(
        "jose",
        "forged_access_token",
        issuer=signet.issuer,
        audience=API,
        access_token=forged,
        code=code,
    )


def test_the_status_of_an_authorization(node: Scenario, signet: Signet) -> None:
    client = signet.add_client(resources=[API])
    alex, robin = signet.add_user("alex"), signet.add_user("robin")
    of_alex, of_robin = (
        signet.sign_in(client, one, scope="notes:read", resource=API) for one in (alex, robin)
    )
    given = {"issuer": signet.issuer, "audience": API}
    for tokens in (of_alex, of_robin):
        node("jose", "status", **given, access_token=tokens.access_token, status=VALID)
    signet.revoke(of_alex)
    signet.lock(robin)
    for tokens, status in ((of_alex, INVALID), (of_robin, SUSPENDED)):
        node("jose", "status", **given, access_token=tokens.access_token, status=status)
    signet.unlock(robin)
    node("jose", "status", **given, access_token=of_robin.access_token, status=VALID)
