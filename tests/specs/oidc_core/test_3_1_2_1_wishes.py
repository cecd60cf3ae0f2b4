"""OpenID Connect Core §3.1.2.1, §5.2, §5.4: the wishes of an authentication request as a
conformance test sends them, one at a time; none of them may keep a person from signing in."""

import pytest

from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD
from tests.support.relying_party import RelyingParty


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({name: value}, marks=pytest.mark.spec("OIDCC-3.1.2.1", row), id=row)
        for row, name, value in (
            ("oidcc-display-page", "display", "page"),
            ("oidcc-display-popup", "display", "popup"),
            ("oidcc-ui-locales", "ui_locales", "se"),
            ("oidcc-claims-locales", "claims_locales", "se"),
            ("oidcc-login-hint", "login_hint", "tester"),
            ("oidcc-ensure-request-with-acr-values-succeeds", "acr_values", "1 2"),
            ("oidcc-max-age-10000", "max_age", "10000"),
        )
    ],
)
def test_a_wish_keeps_nobody_from_signing_in(
    relying_party: RelyingParty, user_agent: Browser, account: object, sent: dict[str, str]
) -> None:
    tokens = relying_party.sign_in(user_agent, scope="openid", **sent)
    assert relying_party.userinfo(tokens)["sub"] == tokens.claims["sub"]
    assert [tokens.claims["acr"]] == relying_party.metadata["acr_values_supported"]
    assert type(tokens.claims["auth_time"]) is int


@pytest.mark.spec("OIDCC-3.1.2.1", "oidcc-max-age-10000", "oidcc-id-token-hint")
def test_a_second_sign_in_within_max_age_or_with_a_hint_has_the_same_auth_time(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock
) -> None:
    first = relying_party.sign_in(signed_in)
    clock.advance(1)
    for sent in ({"max_age": "10000"}, {"id_token_hint": first.id_token, "prompt": "none"}):
        again = relying_party.sign_in(signed_in, **sent)
        assert again.claims["auth_time"] == first.claims["auth_time"]
        assert again.claims["sub"] == first.claims["sub"]


@pytest.mark.spec("OIDCC-3.1.2.1", "oidcc-max-age-1", "oidcc-prompt-login")
@pytest.mark.parametrize("sent", [{"max_age": "1"}, {"prompt": "login"}])
def test_a_second_sign_in_that_must_be_fresh_has_a_later_auth_time(
    relying_party: RelyingParty, signed_in: Browser, clock: SettableClock, sent: dict[str, str]
) -> None:
    first = relying_party.sign_in(signed_in)
    clock.advance(2)
    attempt = relying_party.start(**sent)
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    again = relying_party.redeem(relying_party.receive(attempt, signed_in.left))
    assert again.claims["auth_time"] > first.claims["auth_time"]


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        pytest.param(scope, names, marks=pytest.mark.spec("OIDCC-5.4", f"oidcc-scope-{scope}"))
        for scope, names in (
            ("profile", {"name", "middle_name", "birthdate", "updated_at"}),
            ("email", {"email", "email_verified"}),
            ("address", {"address"}),
            ("phone", {"phone_number", "phone_number_verified"}),
        )
    ],
)
def test_what_a_scope_reveals_is_at_userinfo_alone(
    relying_party: RelyingParty, signed_in: Browser, scope: str, names: set[str]
) -> None:
    tokens = relying_party.sign_in(signed_in, scope=f"openid {scope}")
    revealed = relying_party.userinfo(tokens)
    assert names <= set(revealed)
    assert all(value not in (None, "", {}, []) for value in revealed.values())
    assert not (set(revealed) - {"sub"}) & set(tokens.claims)
