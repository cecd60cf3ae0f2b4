"""OpenID Connect Core §5.3, §5.4: UserInfo says about the person what the scopes of the token
reveal, and leaves out what has no value."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import accounts
from provider.store.schema import account as account_table
from provider.store.unit_of_work import transaction
from tests.support import watching, wire
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import PROFILE, SCOPE, already_signed_in, make_account
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.spec("OIDCC-5.3.2")

BY_SCOPE = {
    "profile": {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        "updated_at",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
    "offline_access": set(),
    "notes:read": set(),
}


@pytest.mark.spec("OIDCC-5.4")
@pytest.mark.parametrize("scope", BY_SCOPE)
def test_a_scope_reveals_its_claims_and_no_others(
    relying_party: RelyingParty, signed_in: Browser, scope: str
) -> None:
    tokens = relying_party.sign_in(signed_in, scope=f"openid {scope}")
    assert set(relying_party.userinfo(tokens)) == {"sub", *BY_SCOPE[scope]}


@pytest.mark.spec("OIDCC-5.1")
def test_every_standard_claim_has_its_value_and_its_type(
    relying_party: RelyingParty, signed_in: Browser, account: Account, clock: SettableClock
) -> None:
    tokens = relying_party.sign_in(signed_in, scope=SCOPE)
    assert relying_party.userinfo(tokens) == {
        **PROFILE,
        "sub": account.id,
        "preferred_username": account.username,
        "email": account.email,
        "updated_at": clock.now(),
    }


def test_the_subject_is_that_of_the_id_token(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid")
    assert relying_party.userinfo(tokens) == {"sub": tokens.claims["sub"]}


def test_what_has_no_value_is_left_out(provider: Provider, relying_party: RelyingParty) -> None:
    plain = make_account(provider, "plain", email=None, claims={"name": "Plain"})
    browser = Browser(relying_party.app, relying_party.issuer)
    already_signed_in(provider, browser, plain)
    tokens = relying_party.sign_in(browser, scope=SCOPE)
    revealed = relying_party.userinfo(tokens)
    assert set(revealed) == {"sub", "name", "preferred_username", "updated_at"}


@pytest.mark.spec("OIDCC-5.7")
def test_an_address_nobody_verified_is_not_called_verified(
    provider: Provider, relying_party: RelyingParty
) -> None:
    new = make_account(provider, "new", claims={})
    browser = Browser(relying_party.app, relying_party.issuer)
    already_signed_in(provider, browser, new)
    tokens = relying_party.sign_in(browser, scope="openid email")
    assert relying_party.userinfo(tokens)["email_verified"] is False


def test_claims_are_those_of_now(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    tokens = relying_party.sign_in(signed_in)
    clock.advance(60)
    with transaction(provider.engine) as tx:
        tx.execute(
            account_table.update()
            .where(account_table.c.id == tokens.claims["sub"])
            .values(claims={"name": "New Name"}, updated_at=clock.now())
        )
    revealed = relying_party.userinfo(tokens)
    assert (revealed["name"], revealed["updated_at"]) == ("New Name", clock.now())


@pytest.mark.spec("OIDCC-5.3.2")
def test_the_answer_is_json_and_never_stored(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    answer = relying_party.userinfo_raw(relying_party.sign_in(signed_in).access_token)
    assert answer.content_type == "application/json"
    assert answer.is_no_store
    assert answer.header("X-Content-Type-Options") == "nosniff"


@pytest.mark.spec("OIDCC-5.3.1")
def test_header_and_form_get_the_same_answer(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    token = relying_party.sign_in(signed_in, scope=SCOPE).access_token
    url, headers = relying_party.endpoint("userinfo"), {"Authorization": f"Bearer {token}"}
    by_get = wire.get(relying_party.app, url, headers=headers)
    by_post = wire.send(relying_party.app, "POST", url, headers=headers)
    by_form = wire.post(relying_party.app, url, {"access_token": token})
    assert [one.status for one in (by_get, by_post, by_form)] == [200] * 3
    assert by_get.json == by_post.json == by_form.json


@pytest.mark.spec("OIDCC-5.3.3")
@pytest.mark.parametrize("switch", ["disabled", "deleted"])
def test_about_nobody_there_is_no_answer(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser, switch: str
) -> None:
    tokens = relying_party.sign_in(signed_in)
    with transaction(provider.engine) as tx:
        if switch == "disabled":
            accounts.set_disabled(tx, tokens.claims["sub"], provider.clock.now())
        else:
            tx.execute(account_table.delete())
    answer = relying_party.userinfo_raw(tokens.access_token)
    assert answer.status == 401
    assert 'error="invalid_token"' in (answer.header("WWW-Authenticate") or "")
    assert tokens.claims["sub"] not in answer.text


@pytest.mark.spec("OIDCC-5.3")
def test_scripts_of_the_clients_own_origin_may_read_it_and_no_others(
    make_relying_party: Callable[..., RelyingParty], signed_in: Browser
) -> None:
    party = make_relying_party()
    token = party.sign_in(signed_in).access_token
    for origin, allowed in (
        ("https://rp.example", "https://rp.example"),
        ("https://attacker.example", None),
        ("null", None),
    ):
        headers = {"Authorization": f"Bearer {token}", "Origin": origin}
        answer = wire.get(party.app, party.endpoint("userinfo"), headers=headers)
        assert answer.header("Access-Control-Allow-Origin") == allowed
        assert answer.header("Access-Control-Allow-Credentials") is None
        assert "Origin" in (answer.header("Vary") or "")


@pytest.mark.spec("OIDCC-5.3.2")
@pytest.mark.parametrize(
    "markup", ["<script>alert(1)</script>", '"}{"sub":"x"}', "한국어 é \u202e"]
)
def test_a_value_is_data_and_nothing_else(
    provider: Provider, relying_party: RelyingParty, markup: str
) -> None:
    odd = make_account(provider, "odd", claims={"name": markup})
    browser = Browser(relying_party.app, relying_party.issuer)
    already_signed_in(provider, browser, odd)
    tokens = relying_party.sign_in(browser)
    assert relying_party.userinfo(tokens)["name"] == markup


def test_asking_writes_nothing(
    provider: Provider, relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in)
    with watching.statements(provider) as run:
        relying_party.userinfo(tokens)
    assert run
    assert all(statement.startswith("SELECT") for statement in run)
