"""RFC 9700 §4.14.2: a refresh token that was replaced for good and comes back ends its family.
What was issued in it is inactive at once, an event tells what was seen, and the reason
survives."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import watching
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API
from tests.support.relying_party import RelyingParty, Tokens, refusal

pytestmark = pytest.mark.spec("RFC9700-4.14.2")

DAY = 86400


@pytest.fixture
def family(party: RelyingParty, tokens: Tokens) -> list[Tokens]:
    """Three generations, the newest last."""
    second = party.refresh(tokens.refresh_token)
    return [tokens, second, party.refresh(second.refresh_token)]


def reuse(party: RelyingParty, family: list[Tokens]) -> dict[str, str]:
    return refusal(party.refresh_raw(family[0].refresh_token), "invalid_grant")


def test_reuse_is_refused_by_name(party: RelyingParty, family: list[Tokens]) -> None:
    assert reuse(party, family) == {
        "error": "invalid_grant",
        "error_description": (
            "A refresh token was used again after its successor; all of them ended."
        ),
        "error_uri": f"{party.issuer}/errors/reuse_detected",
    }


def test_reuse_ends_every_refresh_token_of_the_family(
    party: RelyingParty, family: list[Tokens]
) -> None:
    reuse(party, family)
    for tokens in family:
        refusal(party.refresh_raw(tokens.refresh_token), "invalid_grant")


def test_reuse_ends_every_access_token_of_the_family_at_userinfo(
    party: RelyingParty, family: list[Tokens]
) -> None:
    assert all(party.is_accepted(tokens.access_token) for tokens in family)
    reuse(party, family)
    assert not any(party.is_accepted(tokens.access_token) for tokens in family)


def test_reuse_ends_every_access_token_of_the_family_at_introspection(
    make_relying_party: Callable[..., RelyingParty], signed_in: Browser
) -> None:
    party = make_relying_party()
    api = make_relying_party(policy={"audiences": (API,)})
    first = party.sign_in(signed_in, resource=API)
    second = party.refresh(first.refresh_token)
    third = party.refresh(second.refresh_token)
    family = [first, second, third]
    assert all(api.introspect(tokens.access_token)["active"] for tokens in family)
    reuse(party, family)
    for tokens in family:
        assert api.introspect(tokens.access_token) == {"active": False}
        assert party.introspect(tokens.access_token) == {"active": False}
        assert party.introspect(tokens.refresh_token) == {"active": False}


def test_the_reason_survives(
    party: RelyingParty, family: list[Tokens], clock: SettableClock
) -> None:
    reuse(party, family)
    clock.advance(5 * DAY)
    body = refusal(party.refresh_raw(family[-1].refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/reuse_detected"


def test_reuse_is_recorded_with_who_and_where_and_no_token(
    provider: Provider, party: RelyingParty, family: list[Tokens], account: Account
) -> None:
    reuse(party, family)
    (seen,) = watching.events(provider, "refresh_token_reuse_detected")
    assert seen.client_id == party.client_id
    assert seen.account_id == account.id
    assert seen.address == "203.0.113.7"
    assert seen.at == provider.clock.now()
    assert seen.authorization_id
    assert seen.detail == {"generation": 0, "current": 2}
    assert "signet_rt_" not in repr(seen)


def test_reuse_is_recorded_once(
    provider: Provider, party: RelyingParty, family: list[Tokens]
) -> None:
    for _ in range(3):
        reuse(party, family)
    assert len(watching.events(provider, "refresh_token_reuse_detected")) == 1


def test_the_person_sees_the_reuse_on_the_account_page(
    party: RelyingParty, family: list[Tokens], signed_in: Browser
) -> None:
    reuse(party, family)
    page = signed_in.visit(f"{party.issuer}/account").page
    assert "A used refresh token came back" in page.text
    assert "signet_rt_" not in page.html


def test_only_the_family_of_the_reused_token_ends(
    party: RelyingParty, family: list[Tokens], signed_in: Browser
) -> None:
    other = party.sign_in(signed_in)
    reuse(party, family)
    assert party.is_accepted(other.access_token)
    assert party.refresh(other.refresh_token).access_token


def test_reuse_ends_nothing_of_other_clients(
    make_relying_party: Callable[..., RelyingParty],
    party: RelyingParty,
    family: list[Tokens],
    signed_in: Browser,
) -> None:
    other = make_relying_party()
    theirs = other.sign_in(signed_in)
    reuse(party, family)
    assert other.refresh(theirs.refresh_token).access_token


def test_reuse_does_not_sign_the_person_out_of_the_browser(
    party: RelyingParty, family: list[Tokens], signed_in: Browser
) -> None:
    reuse(party, family)
    assert party.sign_in(signed_in).refresh_token


def test_reuse_counts_although_the_request_is_wrong_otherwise(
    party: RelyingParty, family: list[Tokens]
) -> None:
    answer = party.refresh_raw(family[0].refresh_token, scope="notes:write")
    refusal(answer, "invalid_grant")
    assert not party.is_accepted(family[-1].access_token)


def test_a_stolen_old_token_sent_by_another_client_ends_nothing(
    make_relying_party: Callable[..., RelyingParty], party: RelyingParty, family: list[Tokens]
) -> None:
    thief = make_relying_party()
    body = refusal(thief.refresh_raw(family[0].refresh_token), "invalid_grant")
    assert body["error_uri"] == f"{party.issuer}/errors/unknown_token"
    assert party.refresh(family[-1].refresh_token).access_token


def test_a_stolen_old_token_sent_without_client_authentication_ends_nothing(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    first = relying_party.sign_in(signed_in)
    second = relying_party.refresh(first.refresh_token)
    third = relying_party.refresh(second.refresh_token)
    stolen = {"grant_type": "refresh_token", "refresh_token": first.refresh_token}
    told = {**stolen, "client_id": relying_party.client_id}
    refusal(relying_party.post_raw("token", told), "invalid_client")
    assert relying_party.refresh(third.refresh_token).access_token
