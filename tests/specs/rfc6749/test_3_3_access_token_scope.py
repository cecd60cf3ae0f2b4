"""RFC 6749 §3.3: which scope is granted, and that the client is told."""

from collections.abc import Callable

import pytest

from tests.support import jwt
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

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
@pytest.mark.parametrize("asked", ["nope", "notes:read", "OPENID", "openid,profile", "  ", None])
def test_a_request_of_which_no_scope_is_left_is_refused(
    make_relying_party: MakeParty, signed_in: Browser, asked: str | None
) -> None:
    party = make_relying_party(scope="openid profile")
    assert party.refused(signed_in, scope=asked).error == "invalid_scope"


@pytest.mark.spec("RFC6749-3.3")
@pytest.mark.parametrize("asked", ["openid \x0b", 'openid "x"', "openid x\\x", "openid <svg>"])
def test_characters_no_scope_has_are_never_granted(
    relying_party: RelyingParty, signed_in: Browser, asked: str
) -> None:
    assert relying_party.sign_in(signed_in, scope=asked).scope == {"openid"}


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
