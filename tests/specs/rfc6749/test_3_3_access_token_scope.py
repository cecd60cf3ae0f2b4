"""RFC 6749 §3.3: which scope is granted, and that the client is told."""

from collections.abc import Callable

import pytest

from provider.context import Provider
from tests.support import jwt
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import change_client
from tests.support.relying_party import RelyingParty, refusal

MakeParty = Callable[..., RelyingParty]


@pytest.mark.spec("RFC6749-3.3")
@pytest.mark.parametrize("asked", ["openid profile", "profile openid", "openid  profile openid"])
def test_the_order_of_scopes_does_not_matter(
    relying_party: RelyingParty, signed_in: Browser, asked: str
) -> None:
    assert relying_party.sign_in(signed_in, scope=asked).scope == {"openid", "profile"}


@pytest.mark.spec("RFC6749-3.3")
def test_a_scope_that_is_unknown_or_not_the_clients_is_left_out_and_the_client_is_told(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(scope="openid profile")
    tokens = party.sign_in(signed_in, scope="openid profile nope notes:read admin")
    assert tokens.scope == {"openid", "profile"}
    assert jwt.claims_of(tokens.access_token)["scope"] == tokens.body["scope"]


@pytest.mark.spec("RFC6749-3.3")
@pytest.mark.parametrize("asked", ["nope", "notes:read", "OPENID", "openid,profile", "  "])
def test_a_request_of_which_no_scope_is_left_is_refused(
    make_relying_party: MakeParty, signed_in: Browser, asked: str
) -> None:
    party = make_relying_party(scope="openid profile")
    assert party.refused(signed_in, scope=asked).error == "invalid_scope"


@pytest.mark.spec("RFC6749-3.3")
@pytest.mark.parametrize("asked", [None, ""])
@pytest.mark.parametrize("registered", ["openid profile", "notes:read", "openid offline_access"])
def test_a_request_that_names_no_scope_gets_what_the_client_registered(
    make_relying_party: MakeParty, signed_in: Browser, asked: str | None, registered: str
) -> None:
    party = make_relying_party(scope=registered)
    answer = party.redeem_raw(party.authorize(signed_in, scope=asked))
    assert answer.json["scope"] == registered
    assert ("id_token" in answer.json) is ("openid" in registered)


@pytest.mark.spec("RFC6749-3.3")
@pytest.mark.parametrize("asked", ["openid <svg>", " openid  '' ", "openid openid"])
def test_what_no_scope_is_called_is_never_granted(
    relying_party: RelyingParty, signed_in: Browser, asked: str
) -> None:
    assert relying_party.sign_in(signed_in, scope=asked).scope == {"openid"}


@pytest.mark.spec("RFC6749-3.3")
@pytest.mark.parametrize(
    "asked",
    [
        "openid\tprofile", "openid\nprofile", "openid\u00a0profile", "openid\u3000profile",
        "openid \x0b", 'openid "x"', "openid x\\x", "openid \u202e", "openid é",
    ],
)  # fmt: skip
def test_nothing_but_spaces_separates_scopes(
    relying_party: RelyingParty, signed_in: Browser, asked: str
) -> None:
    assert relying_party.refused(signed_in, scope=asked).error == "invalid_scope"
    tokens = relying_party.sign_in(signed_in)
    refusal(relying_party.refresh_raw(tokens.refresh_token, scope=asked), "invalid_scope")
    fields = {"grant_type": "client_credentials", "scope": asked}
    refusal(relying_party.post("token", fields), "invalid_scope")
    assert relying_party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("RFC6749-6")
def test_a_scope_that_was_taken_from_a_client_ends_with_its_next_token(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider, clock: SettableClock
) -> None:
    grant = relying_party.authorize(signed_in)
    tokens = relying_party.sign_in(signed_in)
    change_client(provider, relying_party.client_id, scope="openid offline_access notes:read")
    clock.advance(2)
    assert relying_party.redeem(grant).scope == {"openid", "offline_access"}
    tokens = relying_party.refresh(tokens.refresh_token)
    assert tokens.scope == {"openid", "offline_access"}
    assert set(relying_party.userinfo(tokens)) == {"sub"}
    change_client(provider, relying_party.client_id, scope="notes:read")
    clock.advance(2)
    refusal(relying_party.refresh_raw(tokens.refresh_token), "invalid_scope")
    change_client(provider, relying_party.client_id, scope="openid profile")
    clock.advance(2)
    assert relying_party.refresh(tokens.refresh_token).scope == {"openid", "profile"}


@pytest.mark.spec("RFC6749-3.3")
def test_offline_access_is_not_granted_to_a_client_that_can_not_refresh(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(grant_types=("authorization_code",))
    tokens = party.sign_in(signed_in, scope="openid offline_access")
    assert tokens.scope == {"openid"}
    assert "refresh_token" not in tokens.body


@pytest.mark.spec("RFC6749-4.1.3")
def test_a_token_request_does_not_change_the_scope_of_a_code(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    grant = relying_party.authorize(signed_in, scope="openid")
    answer = relying_party.redeem_raw(grant, scope="openid profile notes:write")
    assert answer.json["scope"] == "openid"
