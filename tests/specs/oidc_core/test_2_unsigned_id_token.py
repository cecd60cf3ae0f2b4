"""OpenID Connect Core §2, RFC 7519 §6: an ID token that nobody signed, for the client that
registered for it, from the token endpoint alone, in the profile `certification` alone."""

from collections.abc import Callable

import pytest

from tests.support import jwt, wire
from tests.support.browser import Browser
from tests.support.factories import front_channel, public
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = [
    pytest.mark.spec("OIDCC-2", "oidcc-idtoken-unsigned"),
    pytest.mark.settings(profile="certification", test_issuer=True),
]

MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(id_token_signed_response_alg="none")


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in)


def test_it_says_what_a_signed_one_says_and_that_nobody_signed_it(
    make_relying_party: MakeParty, tokens: Tokens, signed_in: Browser
) -> None:
    assert "none" in make_relying_party().metadata["id_token_signing_alg_values_supported"]
    assert jwt.header_of(tokens.id_token) == {"alg": "none", "typ": "JWT"}
    assert tokens.id_token.endswith(".")
    signed = make_relying_party().sign_in(signed_in)
    assert set(tokens.claims) == set(signed.claims) - {"at_hash"}, "there is no hash to take"


def test_a_refreshed_one_is_unsigned_too(party: RelyingParty, tokens: Tokens) -> None:
    assert party.refresh(tokens.refresh_token).claims["sub"] == tokens.claims["sub"]


def test_a_public_client_may_have_it(make_relying_party: MakeParty, signed_in: Browser) -> None:
    party = make_relying_party(**public(id_token_signed_response_alg="none"))
    assert party.sign_in(signed_in).claims["sub"]


@pytest.mark.parametrize(
    "response_type", ["id_token", "id_token token", "code id_token", "code id_token token"]
)
def test_it_never_comes_from_the_authorization_endpoint(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    party = make_relying_party(**front_channel(id_token_signed_response_alg="none"))
    refused = party.refused(signed_in, response_type=response_type)
    assert refused.error == "unauthorized_client"
    assert party.sign_in(signed_in).claims["sub"], "from the token endpoint it does"


@pytest.mark.parametrize("alg", ["none", "None"])
@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(name, marks=pytest.mark.settings(profile=name))
        for name in ("oauth21", "openid")
    ],
)
def test_no_other_profile_has_it(
    make_relying_party: MakeParty, signed_in: Browser, profile: str, alg: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=alg)
    assert "none" not in party.metadata["id_token_signing_alg_values_supported"]
    assert party.refused(signed_in).error == "unauthorized_client"


@pytest.mark.parametrize("what", ["userinfo", "introspection"])
def test_nothing_else_is_ever_unsigned(
    make_relying_party: MakeParty, signed_in: Browser, what: str
) -> None:
    party = make_relying_party(**{f"{what}_signed_response_alg": "none"})
    token = party.sign_in(signed_in).access_token
    answer = {
        "userinfo": lambda: party.userinfo_raw(token),
        "introspection": lambda: party.post("introspection", {"token": token}),
    }[what]()
    refusal(answer, "unauthorized_client")


@pytest.mark.spec("RFC8725-2.1", "OIDCC-3.1.2.1")
@pytest.mark.parametrize("tail", ["", "x", "eA"])
def test_it_is_no_hint_when_it_comes_back(
    party: RelyingParty, tokens: Tokens, signed_in: Browser, tail: str
) -> None:
    hint = tokens.id_token + tail
    assert party.refused(signed_in, prompt="none", id_token_hint=hint).error == "invalid_request"
    signed_in.come(f"{party.endpoint('end_session')}?{wire.encode({'id_token_hint': hint})}")
    assert signed_in.left is None
    signed_in.visit(party.issuer + "/account")
    assert signed_in.at == "account"


@pytest.mark.spec("RFC8725-2.1")
@pytest.mark.parametrize("registered", ["RS256", "ES256", "HS256", "none"])
def test_an_unsigned_hint_is_refused_whatever_the_client_registered(
    make_relying_party: MakeParty, signed_in: Browser, registered: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=registered)
    forged = jwt.unsigned(party.sign_in(signed_in).claims)
    refused = party.refused(signed_in, prompt="none", id_token_hint=forged)
    assert refused.error == "invalid_request"


@pytest.mark.spec("RFC8725-3.12")
def test_it_opens_and_proves_nothing(party: RelyingParty, tokens: Tokens) -> None:
    assert party.userinfo_raw(tokens.id_token).status == 401
    assert party.introspect(tokens.id_token) == {"active": False}
    sent = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": tokens.id_token,
    }
    refusal(party.post_raw("token", sent), "invalid_client")
