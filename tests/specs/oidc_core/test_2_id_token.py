"""OpenID Connect Core §2: what an ID token says of the sign-in, and of nothing else."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store.schema import account as account_table
from provider.store.unit_of_work import transaction
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import SCOPE, make_account
from tests.support.relying_party import RelyingParty, Tokens

pytestmark = pytest.mark.spec("OIDCC-2")

MakeParty = Callable[..., RelyingParty]


@pytest.fixture
def tokens(relying_party: RelyingParty, signed_in: Browser) -> Tokens:
    return relying_party.sign_in(signed_in, scope=SCOPE)


def test_nothing_about_the_person_is_in_it_whatever_the_scope(tokens: Tokens) -> None:
    assert set(tokens.claims) == {
        *("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "at_hash")
    }


def test_its_header_says_no_more_than_needed(tokens: Tokens) -> None:
    assert set(jwt.header_of(tokens.id_token)) == {"alg", "kid", "typ"}
    assert jwt.header_of(tokens.id_token)["typ"] == "JWT"


def test_the_client_is_its_only_audience(relying_party: RelyingParty, tokens: Tokens) -> None:
    assert tokens.claims["aud"] == relying_party.client_id


def test_it_lives_for_ten_minutes(tokens: Tokens, clock: SettableClock) -> None:
    assert tokens.claims["iat"] == clock.now()
    assert tokens.claims["exp"] == clock.now() + 600


def test_a_request_without_a_nonce_gets_none(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    assert "nonce" not in relying_party.sign_in(signed_in, nonce=None).claims


@pytest.mark.parametrize("nonce", ["&=#%+ \"'<>", "é한", "n" * 512])
def test_the_nonce_is_echoed_as_it_came(
    relying_party: RelyingParty, signed_in: Browser, nonce: str
) -> None:
    assert relying_party.sign_in(signed_in, nonce=nonce).claims["nonce"] == nonce


def test_auth_time_is_when_the_person_signed_in_and_not_when_the_token_was_made(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    began = clock.now()
    clock.advance(1800)
    claims = relying_party.sign_in(signed_in, max_age="3600").claims
    assert (claims["auth_time"], claims["iat"]) == (began, began + 1800)


def test_acr_and_amr_claim_a_password_and_no_more(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    asked = relying_party.sign_in(signed_in, acr_values="urn:mace:incommon:iap:gold phrh")
    assert asked.claims["amr"] == ["pwd"]
    assert asked.claims["acr"] not in ("urn:mace:incommon:iap:gold", "phrh")


@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_at_hash_follows_the_algorithm(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(id_token_signed_response_alg=alg)
    tokens = party.sign_in(signed_in)
    assert jwt.header_of(tokens.id_token)["alg"] == alg
    assert tokens.claims["at_hash"] == jwt.half_hash(alg, tokens.access_token)


@pytest.mark.spec("OIDCC-8")
def test_two_clients_know_a_person_by_the_same_subject(
    make_relying_party: MakeParty, signed_in: Browser, account: Account
) -> None:
    subjects = {make_relying_party().sign_in(signed_in).claims["sub"] for _ in range(2)}
    assert subjects == {account.id}
    assert account.username not in account.id
    assert len(account.id) >= 22


@pytest.mark.spec("OIDCC-2", "OIDCC-5.7")
def test_a_new_account_of_an_old_name_is_another_subject(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens, user_agent: Browser
) -> None:
    with transaction(provider.engine) as tx:
        tx.execute(account_table.delete())
    again = make_account(provider)
    browser = Browser(relying_party.app, relying_party.issuer)
    claims = relying_party.sign_in(browser).claims
    assert claims["sub"] == again.id != tokens.claims["sub"]


@pytest.mark.spec("OIDCC-2", "OIDCC-5.7")
def test_the_tokens_of_a_deleted_account_are_dead(
    provider: Provider, relying_party: RelyingParty, tokens: Tokens
) -> None:
    with transaction(provider.engine) as tx:
        tx.execute(account_table.delete())
    make_account(provider)
    assert not relying_party.is_accepted(tokens.access_token)
    assert relying_party.introspect(tokens.access_token) == {"active": False}
    assert relying_party.refresh_raw(tokens.refresh_token).status == 400


@pytest.mark.settings(profile="openid")
def test_the_profile_openid_says_the_same(relying_party: RelyingParty, signed_in: Browser) -> None:
    assert set(relying_party.sign_in(signed_in).claims) == {
        *("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "at_hash")
    }
