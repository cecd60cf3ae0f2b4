"""RFC 9101 §10.2, RFC 7519 §4.1.7: an object with a `jti` is answered once, by any process. The
answer uses it up, not the first arrival, so that people may load a page again."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.housekeeping import keep_house
from tests.support.arrival import another_browser
from tests.support.browser import Browser
from tests.support.relying_party import Refused, RelyingParty
from tests.support.request_objects import by_value, finish, refusal_of, signer

pytestmark = pytest.mark.spec("RFC9101-10.2", "RFC7519-4.1.7")

MakeParty = Callable[..., RelyingParty]
INVALID = "invalid_request_object"


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return signer(make_relying_party)


@pytest.mark.both_databases
def test_it_is_answered_once(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party, about={"jti": "one"})
    assert finish(signed_in, party, attempt).code
    assert refusal_of(signed_in, party, attempt) == INVALID
    assert refusal_of(another_browser(signed_in), party, attempt) == INVALID


def test_without_a_jti_nothing_is_used_up(party: RelyingParty, signed_in: Browser) -> None:
    attempt = by_value(party)
    assert finish(signed_in, party, attempt).code
    assert finish(signed_in, party, attempt).code


@pytest.mark.spec("OIDCC-3.1.2.3")
def test_a_page_may_be_loaded_again_before_the_answer(
    party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = by_value(party, about={"jti": "one"})
    user_agent.come(attempt.url)
    assert user_agent.at == "login"
    user_agent.reload()
    assert user_agent.at == "login"
    assert finish(user_agent, party, attempt).code
    assert refusal_of(user_agent, party, attempt) == INVALID


def test_of_two_tabs_one_is_answered(
    party: RelyingParty, user_agent: Browser, account: object
) -> None:
    attempt = by_value(party, about={"jti": "one"})
    other = user_agent.tab()
    other.come(attempt.url)
    assert finish(user_agent, party, attempt).code
    other.sign_in("tester", "a password for tests")
    with pytest.raises(Refused, match=INVALID):
        party.receive(attempt, other.left)


def test_a_refusal_is_an_answer(party: RelyingParty, user_agent: Browser, account: object) -> None:
    attempt = by_value(party, about={"jti": "one"}, prompt="none")
    assert refusal_of(user_agent, party, attempt) == "login_required"
    assert refusal_of(user_agent, party, attempt) == INVALID


def test_an_object_that_is_not_believed_uses_nothing_up(
    party: RelyingParty, signed_in: Browser
) -> None:
    expired = by_value(party, about={"jti": "one", "exp": 1})
    assert refusal_of(signed_in, party, expired) == INVALID
    assert finish(signed_in, party, by_value(party, about={"jti": "one"})).code


def test_each_client_counts_for_itself(
    party: RelyingParty, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    other = signer(make_relying_party)
    for one in (party, other):
        assert finish(signed_in, one, by_value(one, about={"jti": "one"})).code


@pytest.mark.settings(profile="openid")
def test_what_never_expires_is_remembered_for_a_day(
    party: RelyingParty, signed_in: Browser, provider: Provider, account: object
) -> None:
    attempt = by_value(party, about={"jti": "one", "exp": None, "nbf": None, "iat": None})
    assert finish(signed_in, party, attempt).code
    party.clock.advance(86400)
    keep_house(provider, party.clock.now())
    assert refusal_of(signed_in, party, attempt) == INVALID


def test_used_up_is_what_is_remembered_until_it_expires(
    party: RelyingParty, signed_in: Browser, provider: Provider, account: object
) -> None:
    attempt = by_value(party, about={"jti": "one"})
    assert finish(signed_in, party, attempt).code
    party.clock.advance(359)
    keep_house(provider, party.clock.now())
    assert refusal_of(signed_in, party, attempt) == INVALID
