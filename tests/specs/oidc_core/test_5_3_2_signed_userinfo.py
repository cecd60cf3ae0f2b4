"""OpenID Connect Core §5.3.2: UserInfo as a signed JWT for the client that wants it so;
and that JWT is good for nothing else (RFC 8725 §3.12)."""

from collections.abc import Callable
from typing import Any

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import accounts
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.factories import PROFILE, SCOPE, make_account, public
from tests.support.relying_party import RelyingParty, Tokens, refusal
from tests.support.wire import Answer

pytestmark = pytest.mark.spec("OIDCC-5.3.2")

MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    """A client that wants UserInfo signed with RS256, as its ID tokens are."""
    return make_relying_party(userinfo_signed_response_alg="RS256")


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in, scope=SCOPE)


@pytest.fixture
def signed(party: RelyingParty, tokens: Tokens) -> str:
    """A genuine UserInfo answer."""
    return party.userinfo_raw(tokens.access_token).text


def opened(party: RelyingParty, answer: Answer, alg: str = "RS256") -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert jwt.header_of(answer.text)["alg"] == alg
    return jwt.verified(answer.text, party.jwks, algorithms=[alg])


@pytest.mark.spec("oidcc-userinfo-rs256")
@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_the_answer_is_signed_with_the_algorithm_registered(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(userinfo_signed_response_alg=alg)
    tokens = party.sign_in(signed_in)
    claims = opened(party, party.userinfo_raw(tokens.access_token), alg)
    assert claims["iss"] == party.issuer
    assert claims["aud"] == party.client_id
    assert claims["sub"] == tokens.claims["sub"]


def test_its_media_type_is_that_of_a_jwt_and_it_is_never_stored(
    party: RelyingParty, tokens: Tokens
) -> None:
    answer = party.userinfo_raw(tokens.access_token)
    assert answer.header("Content-Type") == "application/jwt"
    assert answer.is_no_store
    assert answer.header("X-Content-Type-Options") == "nosniff"


def test_it_says_what_plain_json_says_and_for_whom(
    party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser, tokens: Tokens
) -> None:
    plain = make_relying_party()
    expected = plain.userinfo(plain.sign_in(signed_in, scope=SCOPE))
    claims = opened(party, party.userinfo_raw(tokens.access_token))
    assert claims == {**expected, "iss": party.issuer, "aud": party.client_id}
    assert PROFILE.items() <= claims.items()


@pytest.mark.spec("OIDCC-5.4")
def test_a_scope_not_granted_reveals_nothing_here_either(
    party: RelyingParty, signed_in: Browser
) -> None:
    token = party.sign_in(signed_in, scope="openid").access_token
    assert set(opened(party, party.userinfo_raw(token))) == {"iss", "aud", "sub"}


@pytest.mark.spec("oidcc-userinfo-rs256")
def test_the_nonce_of_the_sign_in_is_not_in_it(
    party: RelyingParty, tokens: Tokens, signed: str
) -> None:
    assert "nonce" in tokens.claims
    assert "nonce" not in jwt.verified(signed, party.jwks)


@pytest.mark.spec("OIDCC-5.3.1")
def test_every_way_of_asking_is_answered_signed(party: RelyingParty, tokens: Tokens) -> None:
    url, token = party.endpoint("userinfo"), tokens.access_token
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    answers = (
        wire.get(party.app, url, headers=headers),
        wire.send(party.app, "POST", url, headers=headers),
        wire.post(party.app, url, {"access_token": token}),
    )
    first, *others = (opened(party, answer) for answer in answers)
    assert others == [first, first]


def test_a_client_that_registered_nothing_gets_json(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party()
    headers = {
        "Authorization": f"Bearer {party.sign_in(signed_in).access_token}",
        "Accept": "application/jwt",
    }
    answer = wire.get(party.app, party.endpoint("userinfo"), headers=headers)
    assert answer.header("Content-Type") == "application/json"
    assert {"iss", "aud"}.isdisjoint(answer.json)


def test_the_algorithm_of_id_tokens_is_another_matter(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        userinfo_signed_response_alg="EdDSA", id_token_signed_response_alg="ES256"
    )
    tokens = party.sign_in(signed_in)
    assert jwt.header_of(tokens.id_token)["alg"] == "ES256"
    opened(party, party.userinfo_raw(tokens.access_token), "EdDSA")


@pytest.mark.spec("OIDCC-5.3.3", "RFC6750-3.1")
@pytest.mark.parametrize("wrong", ["no token", "a foreign token", "a disabled account"])
def test_a_refusal_is_not_signed(
    provider: Provider, party: RelyingParty, tokens: Tokens, account: Account, wrong: str
) -> None:
    if wrong == "a disabled account":
        with transaction(provider.engine) as tx:
            accounts.set_disabled(tx, account.id, provider.clock.now())
    token = {"no token": None, "a foreign token": "x"}.get(wrong, tokens.access_token)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = wire.get(party.app, party.endpoint("userinfo"), headers=headers)
    assert answer.status == 401
    assert answer.content_type != "application/jwt"
    assert (answer.header("WWW-Authenticate") or "").startswith("Bearer ")
    assert account.id not in answer.text


def test_the_subject_can_not_be_replaced_by_a_claim_of_the_account(
    provider: Provider, party: RelyingParty
) -> None:
    hostile = {"sub": "x", "iss": "https://evil.example", "aud": "other", "exp": 9, "iat": 1}
    odd = make_account(provider, "odd", claims={**PROFILE, **hostile})
    browser = Browser(party.app, party.issuer)
    tokens = party.redeem(party.authorize(browser, username="odd"))
    claims = opened(party, party.userinfo_raw(tokens.access_token))
    assert (claims["sub"], claims["iss"], claims["aud"]) == (
        odd.id, party.issuer, party.client_id,
    )  # fmt: skip
    assert {"exp", "iat"}.isdisjoint(claims)


# -- for nothing else ----------------------------------------------------------


@pytest.mark.spec("RFC8725-3.12", "OIDCC-2")
def test_it_lacks_what_every_id_token_must_have(
    party: RelyingParty, tokens: Tokens, signed: str
) -> None:
    required = {"iss", "sub", "aud", "exp", "iat"}
    assert required <= set(tokens.claims)
    assert required - set(jwt.verified(signed, party.jwks)) == {"exp", "iat"}


@pytest.mark.spec("RFC8725-3.12", "OIDCC-3.1.2.1")
def test_it_is_no_id_token_hint(party: RelyingParty, signed_in: Browser, signed: str) -> None:
    refused = party.refused(signed_in, prompt="none", id_token_hint=signed)
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC8725-3.12", "OIDCRPL-2")
def test_it_signs_nobody_out_unasked(party: RelyingParty, signed_in: Browser, signed: str) -> None:
    signed_in.come(f"{party.endpoint('end_session')}?{wire.encode({'id_token_hint': signed})}")
    assert signed_in.left is None
    signed_in.visit(party.issuer + "/account")
    assert signed_in.at == "account"


@pytest.mark.spec("RFC8725-3.12", "RFC9068-4")
def test_it_is_no_access_token(party: RelyingParty, signed: str) -> None:
    answer = party.userinfo_raw(signed)
    assert answer.status == 401
    assert 'error="invalid_token"' in (answer.header("WWW-Authenticate") or "")
    assert party.introspect(signed) == {"active": False}


@pytest.mark.spec("RFC8725-3.12", "RFC7523-3")
def test_it_authenticates_no_client(party: RelyingParty, signed: str) -> None:
    asserted = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": signed,
    }
    refusal(party.post_raw("token", asserted), "invalid_client")


@pytest.mark.spec("RFC8725-3.12")
@pytest.mark.parametrize("grant", ["authorization_code", "refresh_token"])
def test_it_redeems_nothing(party: RelyingParty, signed: str, grant: str) -> None:
    sent = {
        "grant_type": grant,
        "code": signed,
        "refresh_token": signed,
        "redirect_uri": party.redirect_uri,
        "code_verifier": "v" * 43,
    }
    refusal(party.post("token", sent), "invalid_grant")


# -- discovery -----------------------------------------------------------------


@pytest.mark.spec("OIDCD-3", "oidcc-userinfo-rs256")
def test_the_algorithms_are_listed(party: RelyingParty) -> None:
    listed = party.metadata["userinfo_signing_alg_values_supported"]
    assert listed[0] == "RS256"
    assert sorted(listed) == sorted(jwt.ALGORITHMS)


@pytest.mark.spec("OIDCD-3")
@pytest.mark.settings(keys={"id_token_algorithms": ["RS256"]})
def test_only_what_there_are_keys_for_is_listed(party: RelyingParty) -> None:
    listed = set(party.metadata["userinfo_signing_alg_values_supported"])
    assert listed == {"RS256", "ES256"} == {key.get("alg") for key in party.jwks["keys"]} & listed


def test_a_public_client_may_want_it_too(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**public(userinfo_signed_response_alg="ES256"))
    token = party.sign_in(signed_in).access_token
    headers = {"Authorization": f"Bearer {token}", "Origin": "https://rp.example"}
    answer = wire.get(party.app, party.endpoint("userinfo"), headers=headers)
    assert opened(party, answer, "ES256")["aud"] == party.client_id
    assert answer.header("Access-Control-Allow-Origin") == "https://rp.example"
