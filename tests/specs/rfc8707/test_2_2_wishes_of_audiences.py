"""RFC 8707 §2.2, RFC 9068 §2: a token is made as the APIs that it is for want it. What a record
says comes before the client's policy, and that before the settings."""

from collections.abc import Callable
from typing import Any

import pytest

from provider.context import Provider
from provider.model.audience import Audience
from provider.settings import Settings
from provider.store import audiences
from provider.store.unit_of_work import transaction
from tests.support import jwt, watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, front_channel
from tests.support.relying_party import RelyingParty, refusal
from tests.support.status_lists import reference_of

pytestmark = pytest.mark.spec("RFC8707-2.2")

OTHER = "https://api.example/other"
Wish = Callable[..., None]


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(policy={"resources": (API, OTHER)})


@pytest.fixture
def wish(provider: Provider, clock: SettableClock) -> Wish:
    """Give an audience a record; every process knows it a second later."""

    def act(identifier: str = API, **wishes: Any) -> None:
        with transaction(provider.engine) as tx:
            record = Audience(identifier=identifier, **wishes)
            assert audiences.add(tx, record, clock.now()) or audiences.replace(
                tx, record, clock.now()
            )
        clock.advance(1)

    return act


def claims(party: RelyingParty, *resources: str, **changes: str) -> dict[str, Any]:
    tokens = party.client_credentials(resource=list(resources), **changes)
    found = jwt.claims_of(tokens.access_token)
    assert found["exp"] - found["iat"] == tokens.body["expires_in"]
    assert found.get("scope") == tokens.body.get("scope")
    return found


def life(found: dict[str, Any]) -> int:
    return int(found["exp"] - found["iat"])


@pytest.mark.both_databases
def test_an_audience_without_a_record_has_no_wishes(party: RelyingParty, wish: Wish) -> None:
    wish(OTHER, access_token_lifetime=60, status_list=False, scopes=())
    found = claims(party, API)
    assert life(found) == 600
    assert "status" in found


@pytest.mark.both_databases
def test_a_record_that_says_nothing_changes_nothing(party: RelyingParty, wish: Wish) -> None:
    before = claims(party, API)
    wish()
    after = claims(party, API)
    assert set(before) == set(after)
    assert life(before) == life(after)


@pytest.mark.parametrize("seconds", [60, 3600, 86400])
def test_its_lifetime_comes_before_the_clients(
    make_relying_party: MakeParty, wish: Wish, seconds: int
) -> None:
    party = make_relying_party(policy={"resources": (API,), "access_token_lifetime": 120})
    assert life(claims(party, API)) == 120
    wish(access_token_lifetime=seconds)
    assert life(claims(party, API)) == seconds


def test_the_shortest_life_counts(party: RelyingParty, wish: Wish) -> None:
    wish(API, access_token_lifetime=300)
    wish(OTHER, access_token_lifetime=90)
    assert life(claims(party, API, OTHER)) == 90
    wish(OTHER, access_token_lifetime=None)
    assert life(claims(party, API, OTHER)) == 300


def test_userinfo_beside_it_shortens_nothing(
    party: RelyingParty, wish: Wish, signed_in: Browser
) -> None:
    wish(access_token_lifetime=3600)
    tokens = party.sign_in(signed_in, resource=API)
    found = jwt.claims_of(tokens.access_token)
    assert (life(found), found["aud"]) == (3600, [API, party.issuer])


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES384", "EdDSA"])
def test_its_algorithm_comes_before_the_clients(
    make_relying_party: MakeParty, wish: Wish, alg: str
) -> None:
    party = make_relying_party(policy={"resources": (API,), "access_token_alg": "ES256"})
    wish(signing_alg=alg)
    token = party.client_credentials(resource=API).access_token
    assert jwt.header_of(token)["alg"] == alg
    assert jwt.verified(token, party.jwks, algorithms=[alg])


def test_one_that_names_no_algorithm_takes_the_others(party: RelyingParty, wish: Wish) -> None:
    wish(API, signing_alg="RS256")
    wish(OTHER)
    token = party.client_credentials(resource=[API, OTHER]).access_token
    assert jwt.header_of(token)["alg"] == "RS256"


def test_two_algorithms_do_not_fit_into_one_token(
    party: RelyingParty, wish: Wish, signed_in: Browser
) -> None:
    wish(API, signing_alg="RS256")
    wish(OTHER, signing_alg="ES384")
    grant = {"grant_type": "client_credentials"}
    refusal(party.post("token", {**grant, "resource": [API, OTHER]}), "invalid_target")
    assert party.client_credentials(resource=API).access_token


def test_a_code_for_both_is_not_spent_and_is_redeemed_one_resource_at_a_time(
    party: RelyingParty, wish: Wish, signed_in: Browser
) -> None:
    wish(API, signing_alg="RS256")
    wish(OTHER, signing_alg="ES384")
    grant = party.authorize(signed_in, resource=[API, OTHER])
    refusal(party.redeem_raw(grant), "invalid_target")
    tokens = party.redeem(grant, resource=API)
    assert jwt.header_of(tokens.access_token)["alg"] == "RS256"
    renewed = party.refresh(tokens.refresh_token, resource=OTHER)
    assert jwt.header_of(renewed.access_token)["alg"] == "ES384"


@pytest.mark.settings(profile="openid")
def test_in_front_two_algorithms_are_refused_to_the_client(
    make_relying_party: MakeParty, wish: Wish, signed_in: Browser
) -> None:
    party = make_relying_party(**front_channel(policy={"resources": (API, OTHER)}))
    wish(API, signing_alg="RS256")
    wish(OTHER, signing_alg="ES384")
    party.authorize(signed_in, resource=[API, OTHER], response_type="id_token")
    refused = party.refused(signed_in, resource=[API, OTHER], response_type="id_token token")
    assert refused.error == "invalid_target"


@pytest.mark.spec("TSL-6.1")
def test_an_audience_that_wants_no_status_list_gets_no_place(
    party: RelyingParty, wish: Wish, signed_in: Browser
) -> None:
    wish(status_list=False)
    assert "status" not in claims(party, API)
    tokens = party.sign_in(signed_in, resource=API)
    assert "status" not in jwt.claims_of(tokens.access_token)


@pytest.mark.spec("TSL-6.1")
def test_one_of_several_that_wants_a_status_list_gets_it(party: RelyingParty, wish: Wish) -> None:
    wish(API, status_list=False)
    assert "status" in claims(party, API, OTHER)
    wish(OTHER, status_list=False)
    assert "status" not in claims(party, API, OTHER)
    wish(OTHER, status_list=True)
    assert "status" in claims(party, API, OTHER)


@pytest.mark.spec("RFC7009-2.1")
def test_a_token_without_a_place_is_revoked_alone(
    party: RelyingParty, wish: Wish, signed_in: Browser
) -> None:
    wish(status_list=False)
    tokens = party.sign_in(signed_in, resource=API)
    second = party.refresh(tokens.refresh_token)
    party.revoke(tokens.access_token)
    assert not party.is_accepted(tokens.access_token)
    assert party.is_accepted(second.access_token)
    with_place = party.sign_in(signed_in, resource=OTHER).access_token
    assert reference_of(with_place)


def test_a_token_without_a_place_rests_while_its_account_is_locked(
    party: RelyingParty, wish: Wish, signed_in: Browser, provider: Provider
) -> None:
    from provider.store import accounts

    wish(status_list=False)
    tokens = party.sign_in(signed_in, resource=API)
    with transaction(provider.engine) as tx:
        account = accounts.find_by_login(tx, "tester")
        assert account is not None
        accounts.lock(tx, account.id, now=provider.clock.now())
    assert party.introspect(tokens.access_token) == {"active": False}
    assert not party.is_accepted(tokens.access_token)
    with transaction(provider.engine) as tx:
        accounts.unlock(tx, account.id, now=provider.clock.now())
    assert party.introspect(tokens.access_token)["active"] is True


@pytest.mark.spec("RFC6749-3.3")
def test_scopes_it_does_not_know_are_left_out_and_the_answer_says_so(
    party: RelyingParty, wish: Wish
) -> None:
    wish(scopes=("notes:read",))
    tokens = party.client_credentials(resource=API, scope="notes:read notes:write")
    assert tokens.scope == {"notes:read"}
    assert jwt.claims_of(tokens.access_token)["scope"] == "notes:read"


@pytest.mark.spec("RFC6749-3.3")
def test_a_scope_that_one_of_several_knows_stays(party: RelyingParty, wish: Wish) -> None:
    wish(API, scopes=("notes:read",))
    wish(OTHER, scopes=("notes:write",))
    both = "notes:read notes:write"
    assert claims(party, API, OTHER, scope=both)["scope"] == both
    assert claims(party, OTHER, scope=both)["scope"] == "notes:write"


@pytest.mark.spec("RFC6749-3.3")
def test_scopes_about_the_person_are_no_business_of_an_api(
    party: RelyingParty, wish: Wish, signed_in: Browser
) -> None:
    wish(scopes=())
    tokens = party.sign_in(signed_in, resource=API, scope="openid profile notes:read")
    assert tokens.scope == {"openid", "profile"}


@pytest.mark.spec("RFC6749-5.2")
def test_where_it_knows_none_of_the_scopes_the_request_is_refused(
    party: RelyingParty, wish: Wish
) -> None:
    wish(scopes=("notes:read",))
    asked = {"grant_type": "client_credentials", "resource": API, "scope": "notes:write"}
    refusal(party.post("token", asked), "invalid_scope")


@pytest.mark.both_databases
def test_a_change_is_known_within_a_second_and_then_costs_no_statement(
    party: RelyingParty, wish: Wish, provider: Provider
) -> None:
    party.client_credentials(resource=API)
    wish(access_token_lifetime=60)
    assert life(claims(party, API)) == 60
    with watching.statements(provider) as run:
        claims(party, API)
    assert run == []


@pytest.mark.settings(default_audience="https://default.example")
def test_the_default_audience_can_have_wishes(
    party: RelyingParty, wish: Wish, settings: Settings
) -> None:
    wish(settings.default_audience, access_token_lifetime=77)
    assert life(claims(party)) == 77


def test_the_issuer_can_have_wishes(
    party: RelyingParty, wish: Wish, signed_in: Browser, settings: Settings
) -> None:
    wish(settings.issuer, access_token_lifetime=66)
    tokens = party.sign_in(signed_in, resource=API)
    assert tokens.body["expires_in"] == 66
