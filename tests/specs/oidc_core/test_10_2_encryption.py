"""OpenID Connect Core §10.2, §5.3.2, §16.14: answers encrypted to the client, over their
signature; and never in clear where that can not be done."""

import json

import pytest

from tests.support import jwe, jwt, wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.factories import front_channel
from tests.support.relying_party import RelyingParty, refusal
from tests.support.site import Site

pytestmark = pytest.mark.spec("OIDCC-10.2", "OIDCC-16.14")

ALG = "ECDH-ES+A128KW"


def encrypted_party(make: MakeParty, alg: str = ALG, **changes: object) -> RelyingParty:
    return make(
        **{"id_token_encrypted_response_alg": alg, "decryption_key": jwe.key_for(alg), **changes}
    )


@pytest.mark.parametrize("enc", [None, *jwe.ENCODINGS])
@pytest.mark.parametrize("alg", jwe.ALGORITHMS)
def test_an_id_token_is_signed_and_then_encrypted(
    make_relying_party: MakeParty, signed_in: Browser, alg: str, enc: str | None
) -> None:
    party = encrypted_party(make_relying_party, alg, id_token_encrypted_response_enc=enc)
    tokens = party.sign_in(signed_in)
    header = jwt.header_of(tokens.id_token)
    assert (header["alg"], header["enc"]) == (alg, enc or "A128CBC-HS256")
    assert (header["cty"], header["typ"]) == ("JWT", "JWT")
    assert header["kid"] == jwe.key_for(alg).get("kid")
    assert tokens.claims["aud"] == party.client_id
    assert party.refresh(tokens.refresh_token).claims["sub"] == tokens.claims["sub"]


@pytest.mark.spec("OIDCC-3.3.2.11")
@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize("response_type", ["id_token", "code id_token", "code id_token token"])
def test_in_the_front_channel_too(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    party = encrypted_party(make_relying_party, **front_channel())
    grant = party.authorize(signed_in, response_type=response_type)
    assert grant.tokens.id_token.count(".") == 4
    assert grant.tokens.claims["sub"]


def test_two_id_tokens_share_no_bytes_of_content(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = encrypted_party(make_relying_party)
    one, two = (party.sign_in(signed_in).id_token.split(".") for _ in range(2))
    assert not {*one[1:]} & {*two[1:]}


def test_the_access_token_stays_readable_for_the_api(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = encrypted_party(make_relying_party)
    token = party.sign_in(signed_in).access_token
    assert jwt.verified(token, party.jwks)["client_id"] == party.client_id


@pytest.mark.parametrize(
    "jwks",
    [None, {"keys": []}, jwt.public_set(jwt.key_for("ES256")),
     jwt.public_set(jwe.key_for("RSA-OAEP-256")), jwt.public_set(jwe.key_for("ECDH-ES"))],
)  # fmt: skip
def test_without_a_key_that_fits_there_is_no_id_token(
    make_relying_party: MakeParty, signed_in: Browser, jwks: dict[str, object] | None
) -> None:
    party = make_relying_party(id_token_encrypted_response_alg=ALG, jwks=jwks)
    answer = party.redeem_raw(party.authorize(signed_in))
    told = refusal(answer, "invalid_request", 400)
    assert "encrypted" in told["error_description"]
    assert set(told) <= {"error", "error_description", "error_uri"}


@pytest.mark.settings(profile="openid")
def test_without_a_key_that_fits_the_front_channel_says_so(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        id_token_encrypted_response_alg=ALG,
        **front_channel("code id_token", policy={"consent": "implied"}),
    )
    refused = party.refused(signed_in, response_type="code id_token")
    assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCC-5.3.2")
@pytest.mark.parametrize("alg", jwe.ALGORITHMS)
def test_userinfo_is_signed_and_then_encrypted(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    key = jwe.key_for(alg)
    party = make_relying_party(
        userinfo_signed_response_alg="ES256",
        userinfo_encrypted_response_alg=alg,
        userinfo_encrypted_response_enc="A256GCM",
        jwks=jwt.public_set(key),
    )
    tokens = party.sign_in(signed_in)
    answer = party.userinfo_raw(tokens.access_token)
    assert answer.header("Content-Type") == "application/jwt"
    assert jwt.header_of(answer.text)["enc"] == "A256GCM"
    claims = jwt.verified(jwe.opened_jwt(answer.text, key), party.jwks)
    assert (claims["sub"], claims["aud"]) == (tokens.claims["sub"], party.client_id)


@pytest.mark.spec("OIDCC-5.3.2")
def test_userinfo_may_be_encrypted_alone(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    key = jwe.key_for(ALG)
    party = make_relying_party(userinfo_encrypted_response_alg=ALG, jwks=jwt.public_set(key))
    tokens = party.sign_in(signed_in)
    answer = party.userinfo_raw(tokens.access_token)
    assert answer.header("Content-Type") == "application/jwt"
    assert "cty" not in jwt.header_of(answer.text)
    assert jwe.claims_in(answer.text, key)["sub"] == tokens.claims["sub"]


@pytest.mark.spec("OIDCC-5.3.2", "RFC6750-3.1")
def test_without_a_key_that_fits_userinfo_says_nothing_in_clear(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(userinfo_encrypted_response_alg=ALG)
    answer = party.userinfo_raw(party.sign_in(signed_in).access_token)
    assert refusal(answer, "invalid_request", 400)
    assert b"tester" not in answer.body


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_an_encrypted_id_token_comes_back_decrypted_or_encrypted_to_us(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = encrypted_party(make_relying_party)
    inner = jwe.opened_jwt(party.sign_in(signed_in).id_token, party.decryption_key)
    (ours,) = [one for one in party.jwks["keys"] if (one["use"], one["kty"]) == ("enc", "EC")]
    again = jwe.encrypted(inner, ours, alg="ECDH-ES", enc="A128GCM", cty="JWT")
    for hint in (inner, again):
        assert party.sign_in(signed_in, prompt="none", id_token_hint=hint).id_token


@pytest.mark.spec("OIDCC-3.1.2.1", "OIDCRPL-2")
def test_one_still_encrypted_to_the_client_is_no_hint(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = encrypted_party(make_relying_party)
    hint = party.sign_in(signed_in).id_token
    assert party.refused(signed_in, prompt="none", id_token_hint=hint).error == "invalid_request"
    signed_in.come(f"{party.endpoint('end_session')}?{wire.encode({'id_token_hint': hint})}")
    assert signed_in.page.has("logout-confirm")


@pytest.mark.spec("OIDCC-3.1.2.1", "RFC8725-2.4")
def test_what_anybody_can_encrypt_to_us_is_not_believed(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = encrypted_party(make_relying_party)
    claims = party.sign_in(signed_in).claims
    (ours,) = [one for one in party.jwks["keys"] if (one["use"], one["kty"]) == ("enc", "RSA")]
    for content in (json.dumps(claims), jwt.unsigned(claims)):
        hint = jwe.encrypted(content, ours, alg="RSA-OAEP-256", enc="A128GCM")
        refused = party.refused(signed_in, prompt="none", id_token_hint=hint)
        assert refused.error == "invalid_request"


@pytest.mark.parametrize("answer", ["id_token", "userinfo", "introspection"])
def test_what_is_offered_is_listed(relying_party: RelyingParty, answer: str) -> None:
    metadata = relying_party.metadata
    assert metadata[f"{answer}_encryption_alg_values_supported"] == jwe.ALGORITHMS
    assert metadata[f"{answer}_encryption_enc_values_supported"] == jwe.ENCODINGS


@pytest.mark.spec("OIDCC-10.2.1")
def test_keys_by_reference_are_encrypted_to(
    make_relying_party: MakeParty, signed_in: Browser, site: Site
) -> None:
    key = jwe.key_for(ALG)
    site.serve("/keys", json.dumps(jwt.public_set(key)).encode())
    party = make_relying_party(
        id_token_encrypted_response_alg=ALG,
        userinfo_encrypted_response_alg=ALG,
        jwks_uri=site.url("/keys"),
    )
    party.decryption_key = key
    tokens = party.sign_in(signed_in)
    answer = party.userinfo_raw(tokens.access_token)
    assert jwe.claims_in(answer.text, key)["sub"] == tokens.claims["sub"]
    assert len(site.received) == 1


@pytest.mark.spec("OIDCC-10.2.1")
def test_keys_that_can_not_be_fetched_leave_nothing_in_clear(
    make_relying_party: MakeParty, signed_in: Browser, site: Site
) -> None:
    party = make_relying_party(id_token_encrypted_response_alg=ALG, jwks_uri=site.url("/nothing"))
    answer = party.redeem_raw(party.authorize(signed_in))
    assert refusal(answer, "invalid_request", 400)
