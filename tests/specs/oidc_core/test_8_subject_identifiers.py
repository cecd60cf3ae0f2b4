"""OpenID Connect Core §8: pairwise subjects are the same in one sector and say nothing in another;
whatever answers about a person uses the same one, and it comes back as a hint."""

from typing import Any

import pytest

from provider.context import Provider
from provider.keys.rotation import LastActiveKey
from provider.model.account import Account
from provider.store import keys as stored_keys
from provider.store.unit_of_work import transaction
from tests.support import jwt, wire
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, already_signed_in, make_account
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.spec("OIDCC-8", "OIDCC-8.1")

AFTER = "https://rp.example/signed-out"


def pairwise(make: MakeParty, uri: str = "https://rp.example/cb", **changes: Any) -> RelyingParty:
    return make(subject_type="pairwise", redirect_uris=(uri,), **changes)


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return pairwise(make_relying_party, post_logout_redirect_uris=(AFTER,))


def sub_of(party: RelyingParty, browser: Browser) -> str:
    return str(party.sign_in(browser).claims["sub"])


def test_both_types_are_listed(party: RelyingParty) -> None:
    assert party.metadata["subject_types_supported"] == ["public", "pairwise"]


def test_the_name_is_not_the_public_one_and_shows_nothing_of_it(
    party: RelyingParty, relying_party: RelyingParty, signed_in: Browser, account: Account
) -> None:
    name = sub_of(party, signed_in)
    assert sub_of(relying_party, signed_in) == account.id
    assert account.id not in name
    assert account.id.encode() not in jwt.decode(name)


def test_clients_of_one_sector_share_the_name_and_others_do_not(
    make_relying_party: MakeParty, party: RelyingParty, signed_in: Browser
) -> None:
    sibling = pairwise(make_relying_party, "https://rp.example/other")
    foreign = pairwise(make_relying_party, "https://elsewhere.example/cb")
    assert sub_of(sibling, signed_in) == sub_of(party, signed_in)
    assert sub_of(foreign, signed_in) != sub_of(party, signed_in)


def test_a_sector_identifier_joins_hosts(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    about = {"sector_identifier_uri": "https://family.example/hosts.json"}
    one = pairwise(make_relying_party, "https://a.example/cb", **about)
    two = pairwise(make_relying_party, "https://b.example/cb", **about)
    alone = pairwise(make_relying_party, "https://b.example/cb")
    assert sub_of(one, signed_in) == sub_of(two, signed_in) != sub_of(alone, signed_in)


def test_the_loopback_is_nobodys_sector(make_relying_party: MakeParty, signed_in: Browser) -> None:
    parties = [pairwise(make_relying_party, "http://127.0.0.1:9/cb") for _ in range(2)]
    names = {sub_of(party, signed_in) for party in parties}
    assert len(names) == 2


def test_two_people_have_two_names(
    party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    first = sub_of(party, signed_in)
    browser = Browser(party.app, party.issuer)
    already_signed_in(provider, browser, make_account(provider, "somebody"))
    assert sub_of(party, browser) != first


def test_it_outlives_every_change_of_keys_and_a_refresh(
    party: RelyingParty, signed_in: Browser, provider: Provider, clock: SettableClock
) -> None:
    tokens = party.sign_in(signed_in)
    with transaction(provider.engine) as tx:
        provider.keyring.rotate(tx, clock.now(), immediately=True)
    clock.advance(3)
    assert party.refresh(tokens.refresh_token).claims["sub"] == tokens.claims["sub"]
    assert sub_of(party, signed_in) == tokens.claims["sub"]


def test_the_key_it_is_made_with_stays_for_good(provider: Provider, clock: SettableClock) -> None:
    with transaction(provider.engine) as tx:
        (row,) = [key for key in stored_keys.all_keys(tx) if key.purpose == "subject"]
        with pytest.raises(LastActiveKey, match="kept for good"):
            provider.keyring.retire(tx, clock.now(), row.kid)
    far = clock.now() + 20 * 366 * 86400
    with transaction(provider.engine) as tx:
        provider.keyring.ensure(tx, far)
        assert [key for key in stored_keys.all_keys(tx) if key.purpose == "subject"] == [row]


def test_all_that_answers_about_the_person_says_the_same(
    make_relying_party: MakeParty, party: RelyingParty, signed_in: Browser
) -> None:
    api = make_relying_party(policy={"audiences": (API,)})
    tokens = party.sign_in(signed_in, resource=API, scope="openid notes:read offline_access")
    name = tokens.claims["sub"]
    assert jwt.claims_of(tokens.access_token)["sub"] == name
    assert party.userinfo(tokens)["sub"] == name
    assert party.introspect(tokens.access_token)["sub"] == name
    assert party.introspect(tokens.refresh_token)["sub"] == name
    assert api.introspect(tokens.access_token)["sub"] == name


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_hint_with_it_is_understood(party: RelyingParty, signed_in: Browser) -> None:
    hint = party.sign_in(signed_in).id_token
    assert party.sign_in(signed_in, prompt="none", id_token_hint=hint).id_token


@pytest.mark.spec("OIDCC-3.1.2.1")
def test_a_hint_about_somebody_else_is_understood_as_well(
    party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    hint = party.sign_in(signed_in).id_token
    browser = Browser(party.app, party.issuer)
    already_signed_in(provider, browser, make_account(provider, "somebody"))
    refused = party.refused(browser, prompt="none", id_token_hint=hint)
    assert refused.error == "login_required"


@pytest.mark.spec("OIDCRPL-2")
def test_a_hint_with_it_signs_out(party: RelyingParty, signed_in: Browser) -> None:
    hint = party.sign_in(signed_in).id_token
    query = wire.encode({"id_token_hint": hint, "post_logout_redirect_uri": AFTER})
    signed_in.come(f"{party.endpoint('end_session')}?{query}")
    assert signed_in.left is not None
    assert signed_in.left.url == AFTER


@pytest.mark.spec("OIDCRPL-2")
def test_a_hint_about_somebody_else_signs_nobody_out_unasked(
    party: RelyingParty, signed_in: Browser, provider: Provider
) -> None:
    hint = party.sign_in(signed_in).id_token
    browser = Browser(party.app, party.issuer)
    already_signed_in(provider, browser, make_account(provider, "somebody"))
    query = wire.encode({"id_token_hint": hint, "post_logout_redirect_uri": AFTER})
    browser.come(f"{party.endpoint('end_session')}?{query}")
    assert browser.left is None
    assert browser.page.has("logout-confirm")


def test_it_leads_back_to_the_account_in_its_sector_alone(
    party: RelyingParty, signed_in: Browser, provider: Provider, account: Account
) -> None:
    name, now = sub_of(party, signed_in), provider.clock.now()
    assert provider.keyring.account_of(name, "rp.example", now) == account.id
    for other in (name[:-2], name + "A", name + "=", "A" + name[1:], "", "é", "A" * 300):
        assert provider.keyring.account_of(other, "rp.example", now) is None
    assert provider.keyring.account_of(name, "elsewhere.example", now) is None
