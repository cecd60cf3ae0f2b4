"""RFC 6749 §1.4: an access token may be a string that says nothing. It is sealed and not stored,
taken everywhere a signed one is, and refused without the database where it is not genuine."""

from base64 import urlsafe_b64decode
from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.audience import Audience
from provider.store import audiences
from provider.store.unit_of_work import transaction
from tests.support import jwt, watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC6749-1.4")

PREFIX = "signet_at_"


@pytest.fixture
def party(make_relying_party: MakeParty, provider: Provider, clock: SettableClock) -> RelyingParty:
    with transaction(provider.engine) as tx:
        audiences.add(tx, Audience(identifier=API, token_format="opaque"), clock.now())
    clock.advance(1)
    return make_relying_party(policy={"resources": (API,)})


@pytest.fixture
def tokens(party: RelyingParty, signed_in: Browser) -> Tokens:
    return party.sign_in(signed_in, resource=API)


def test_it_says_nothing_to_who_holds_it(party: RelyingParty, tokens: Tokens) -> None:
    token = tokens.access_token
    kid, _, encoded = token.removeprefix(PREFIX).partition(".")
    assert token.startswith(PREFIX)
    assert kid
    content = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    for said in (party.client_id, tokens.claims["sub"], API, "scope", "openid"):
        assert str(said).encode() not in content


def test_an_api_learns_by_introspection_what_a_signed_one_would_say(
    make_relying_party: MakeParty, party: RelyingParty, tokens: Tokens
) -> None:
    api = make_relying_party(policy={"audiences": (API,)})
    described = api.introspect(tokens.access_token)
    assert described["active"] is True
    assert described["aud"] == [API, party.issuer]
    assert described["client_id"] == party.client_id
    assert {"iss", "sub", "exp", "iat", "jti", "scope", "status"} <= set(described)


def test_another_api_learns_nothing(make_relying_party: MakeParty, tokens: Tokens) -> None:
    other = make_relying_party(policy={"audiences": ("https://other.example",)})
    assert other.introspect(tokens.access_token) == {"active": False}


def test_userinfo_takes_it(party: RelyingParty, tokens: Tokens) -> None:
    assert party.userinfo(tokens)["sub"] == tokens.claims["sub"]


def test_it_is_revoked_like_any_other(party: RelyingParty, tokens: Tokens) -> None:
    party.revoke(tokens.access_token)
    assert not party.is_accepted(tokens.access_token)
    assert party.introspect(tokens.access_token) == {"active": False}
    assert party.is_accepted(party.refresh(tokens.refresh_token).access_token)


def test_it_ends_with_its_authorization(party: RelyingParty, tokens: Tokens) -> None:
    party.revoke(tokens.refresh_token)
    assert not party.is_accepted(tokens.access_token)


def test_it_expires(party: RelyingParty, tokens: Tokens, clock: SettableClock) -> None:
    clock.advance(599)
    assert party.is_accepted(tokens.access_token)
    clock.advance(1)
    assert not party.is_accepted(tokens.access_token)


def test_issuing_one_costs_no_more_statements_than_a_signed_one(
    party: RelyingParty, provider: Provider
) -> None:
    for _ in range(2):  # the first gives the client its place in a status list
        party.client_credentials(resource=API)
    with watching.statements(provider) as run:
        assert party.client_credentials(resource=API).access_token.startswith(PREFIX)
    assert run == []


def test_two_for_the_same_are_not_the_same(party: RelyingParty) -> None:
    seen = {party.client_credentials(resource=API).access_token for _ in range(5)}
    assert len(seen) == 5


def _flipped(token: str, place: int) -> str:
    other = "A" if token[place] != "A" else "B"
    return token[:place] + other + token[place + 1 :]


FORGERIES: dict[str, Callable[[str], str]] = {
    "the last byte changed": lambda token: _flipped(token, len(token) - 4),
    "the salt changed": lambda token: _flipped(token, token.index(".") + 2),
    "the key renamed": lambda token: _flipped(token, len(PREFIX)),
    "cut at the end": lambda token: token[:-8],
    "cut to the salt": lambda token: token[: token.index(".") + 23],
    "nothing but its name": lambda token: token[: token.index(".") + 1],
    "no key": lambda token: PREFIX + "." + token.partition(".")[2],
    "no point": lambda token: token.replace(".", "", 1),
    "padded": lambda token: token + "=",
    "longer": lambda token: token + "AAAA",
    "no base64url": lambda token: token[:-4] + "!!!!",
    "not ASCII": lambda token: token[:-1] + "\u00e9",
    "very long": lambda token: token + "A" * 20000,
    "dressed as a refresh token": lambda token: token.replace(PREFIX, "signet_rt_"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_not_genuine_is_inactive_and_asks_no_table_of_tokens(
    party: RelyingParty, tokens: Tokens, provider: Provider, forgery: str
) -> None:
    forged = FORGERIES[forgery](tokens.access_token)
    with watching.statements(provider) as run:
        assert party.introspect(forged) == {"active": False}
    assert watching.tables_of(run) <= {"client", "client_secret"}
    party.revoke(forged)
    assert party.is_accepted(tokens.access_token)


@pytest.mark.parametrize(
    "forgery", ["the last byte changed", "the salt changed", "the key renamed", "cut at the end"]
)
def test_userinfo_refuses_what_is_not_genuine_without_the_database(
    party: RelyingParty, tokens: Tokens, provider: Provider, forgery: str
) -> None:
    forged = FORGERIES[forgery](tokens.access_token)
    with watching.statements(provider) as run:
        answer = party.userinfo_raw(forged)
    assert answer.status == 401
    assert 'error="invalid_token"' in str(answer.header("WWW-Authenticate"))
    assert run == []


def test_it_is_no_refresh_token_and_no_code(party: RelyingParty, tokens: Tokens) -> None:
    refusal(party.refresh_raw(tokens.access_token), "invalid_grant")
    asked = {
        "grant_type": "authorization_code",
        "code": tokens.access_token,
        "redirect_uri": party.redirect_uri,
        "code_verifier": "v" * 43,
    }
    refusal(party.post("token", asked), "invalid_grant")


def test_a_refresh_token_in_its_clothes_is_none(party: RelyingParty, tokens: Tokens) -> None:
    dressed = tokens.refresh_token.replace("signet_rt_", PREFIX)
    assert party.introspect(dressed) == {"active": False}
    assert party.userinfo_raw(dressed).status == 401


def test_it_outlives_a_new_key_and_not_the_retirement_of_its_own(
    party: RelyingParty, tokens: Tokens, provider: Provider, clock: SettableClock
) -> None:
    kid = tokens.access_token.removeprefix(PREFIX).partition(".")[0]
    with transaction(provider.engine) as tx:
        provider.keyring.rotate(tx, clock.now(), "HS256", immediately=True)
    clock.advance(120)
    assert party.is_accepted(tokens.access_token)
    renewed = party.refresh(tokens.refresh_token)
    assert not renewed.access_token.startswith(f"{PREFIX}{kid}.")
    with transaction(provider.engine) as tx:
        provider.keyring.retire(tx, clock.now(), kid)
    clock.advance(1)
    assert not party.is_accepted(tokens.access_token)
    assert party.is_accepted(renewed.access_token)


def test_nothing_of_it_is_at_rest(tokens: Tokens, provider: Provider) -> None:
    stored = watching.at_rest(provider)
    encoded = tokens.access_token.partition(".")[2]
    assert encoded.encode() not in stored
    assert jwt.decode(encoded) not in stored


def test_one_audience_of_several_that_wants_it_opaque_gets_it(
    make_relying_party: MakeParty, party: RelyingParty
) -> None:
    both = make_relying_party(policy={"resources": (API, "https://api.example/other")})
    other = "https://api.example/other"
    assert both.client_credentials(resource=[API, other]).access_token.startswith(PREFIX)
    assert both.client_credentials(resource=other).access_token.count(".") == 2
