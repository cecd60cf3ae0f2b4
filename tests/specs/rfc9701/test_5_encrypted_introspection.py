"""RFC 9701 §5, §6: introspection answers encrypted to the caller, over their signature."""

from typing import Any

import pytest

from tests.support import jwe, jwt
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.factories import API
from tests.support.relying_party import RelyingParty, refusal
from tests.support.wire import Answer

pytestmark = pytest.mark.spec("RFC9701-5", "RFC9701-6")

TYP = "token-introspection+jwt"


def make_api(make: MakeParty, alg: str, **changes: Any) -> RelyingParty:
    about = {"grant_types": ("client_credentials",), "redirect_uris": ()}
    asked = {"introspection_encrypted_response_alg": alg, "jwks": jwt.public_set(jwe.key_for(alg))}
    return make(policy={"audiences": (API,)}, **{**about, **asked, **changes})


def ask(party: RelyingParty, token: str, accept: str = "application/json") -> Answer:
    fields, headers = party.credentials()
    told = {**headers, "Accept": accept}
    return party.post_raw("introspection", {**fields, "token": token}, headers=told)


@pytest.mark.parametrize("alg", jwe.ALGORITHMS)
@pytest.mark.parametrize("signed", [None, "ES256"])
def test_the_answer_is_signed_and_then_encrypted_whatever_is_accepted(
    make_relying_party: MakeParty,
    relying_party: RelyingParty,
    signed_in: Browser,
    alg: str,
    signed: str | None,
) -> None:
    api = make_api(make_relying_party, alg, introspection_signed_response_alg=signed)
    token = relying_party.sign_in(signed_in, resource=API, scope="openid notes:read").access_token
    answer = ask(api, token)
    assert answer.header("Content-Type") == f"application/{TYP}"
    header = jwt.header_of(answer.text)
    assert (header["alg"], header["enc"]) == (alg, "A128CBC-HS256")
    assert (header["typ"], header["cty"]) == (TYP, "JWT")
    inner = jwe.opened_jwt(answer.text, jwe.key_for(alg))
    assert (jwt.header_of(inner)["alg"], jwt.header_of(inner)["typ"]) == (signed or "RS256", TYP)
    claims = jwt.verified(inner, api.jwks)
    assert claims["aud"] == api.client_id
    assert claims["token_introspection"]["active"] is True


def test_what_is_not_active_is_encrypted_too(make_relying_party: MakeParty) -> None:
    api = make_api(make_relying_party, "ECDH-ES")
    inner = jwe.opened_jwt(ask(api, "nothing").text, jwe.key_for("ECDH-ES"))
    assert jwt.claims_of(inner)["token_introspection"] == {"active": False}


@pytest.mark.parametrize("jwks", [None, {"keys": []}, jwt.public_set(jwt.key_for("ES256"))])
def test_without_a_key_that_fits_nothing_is_said_in_clear(
    make_relying_party: MakeParty, jwks: dict[str, Any] | None
) -> None:
    api = make_api(make_relying_party, "ECDH-ES", jwks=jwks)
    told = refusal(ask(api, "nothing"), "invalid_request", 400)
    assert "active" not in told
