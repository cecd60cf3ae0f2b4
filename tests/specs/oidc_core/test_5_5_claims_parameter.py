"""OpenID Connect Core §5.5: claims asked for one by one, where they are returned, who agrees to
it, and what a request for a particular value means."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from provider.model.account import Account
from tests.support.arrival import MakeParty, at_account, at_consent
from tests.support.browser import Browser
from tests.support.factories import PASSWORD, front_channel
from tests.support.relying_party import Refused, RelyingParty, Tokens

PERSONAL = {
    "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username",
    "profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    "email", "email_verified", "address", "phone_number", "phone_number_verified",
}  # fmt: skip


def ask(**members: Any) -> str:
    return json.dumps(members)


def personal(claims: dict[str, Any]) -> set[str]:
    return PERSONAL & set(claims)


@pytest.mark.spec("OIDCC-5.5", "oidcc-claims-essential")
@pytest.mark.both_databases
def test_a_claim_asked_for_at_userinfo_is_there_and_not_in_the_id_token(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    wish = ask(userinfo={"name": {"essential": True}})
    tokens = relying_party.sign_in(signed_in, scope="openid", claims=wish)
    assert relying_party.userinfo(tokens)["name"] == "Test Account"
    assert personal(relying_party.userinfo(tokens)) == {"name"}
    assert personal(tokens.claims) == set()


@pytest.mark.spec("OIDCC-5.5")
@pytest.mark.both_databases
def test_a_claim_asked_for_in_the_id_token_is_there_and_not_at_userinfo(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    wish = ask(id_token={"email": None, "address": {"essential": False}})
    tokens = relying_party.sign_in(signed_in, scope="openid", claims=wish)
    assert personal(tokens.claims) == {"email", "address"}
    assert personal(relying_party.userinfo(tokens)) == set()


@pytest.mark.spec("OIDCC-5.5", "OIDCC-12.2")
def test_a_refresh_obeys_the_request_it_descends_from(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    wish = ask(id_token={"email": None}, userinfo={"nickname": None})
    first = relying_party.sign_in(signed_in, scope="openid", claims=wish)
    again = relying_party.refresh(first.refresh_token)
    assert personal(again.claims) == {"email"}
    assert personal(relying_party.userinfo(again)) == {"nickname"}


@pytest.mark.spec("OIDCC-5.5", "OIDCC-5.4", "oidcc-claims-essential")
@pytest.mark.settings(profile="openid")
@pytest.mark.parametrize(
    "response_type", ["id_token", "id_token token", "code id_token", "code id_token token"]
)
def test_the_id_token_of_the_front_channel_obeys(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    party = make_relying_party(**front_channel())
    wish = ask(id_token={"name": {"essential": True}}, userinfo={"email": None})
    grant = party.authorize(signed_in, response_type=response_type, scope="openid", claims=wish)
    assert personal(grant.tokens.claims) == {"name"}
    if "token" in response_type.split():
        assert personal(party.userinfo(grant.tokens)) == {"email"}


@pytest.mark.spec("OIDCC-5.5", "test-claims-parameter-identity-claims")
def test_every_claim_listed_comes_back_somewhere_and_no_other(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    names = dict.fromkeys(relying_party.metadata["claims_supported"])
    tokens = relying_party.sign_in(
        signed_in, scope="openid", claims=ask(id_token=names, userinfo=names)
    )
    assert set(tokens.claims) | set(relying_party.userinfo(tokens)) == set(names)
    assert personal(tokens.claims) == personal(relying_party.userinfo(tokens)) == PERSONAL


@pytest.mark.spec("OIDCC-5.5", "OIDCC-5.2", "OIDCC-5.5.2")
@pytest.mark.parametrize(
    "wish",
    [
        {"userinfo": {"name#ja-Kana-JP": None, "password_hash": None, "http://x.example/y": None}},
        {"userinfo": {"nonsense": {"essential": True, "value": 1, "other": []}}, "vc": [1]},
        {"id_token": {"iss": None, "exp": {"value": 1}, "password": None}},
        {},
    ],
)
def test_what_is_not_known_is_ignored(
    relying_party: RelyingParty, signed_in: Browser, wish: dict[str, Any]
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid", claims=json.dumps(wish))
    assert set(relying_party.userinfo(tokens)) == {"sub"}
    assert personal(tokens.claims) == set()


@pytest.mark.spec("OIDCC-5.5")
def test_a_claim_whose_scope_the_client_may_not_have_is_not_returned(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(scope="openid email")
    wish = ask(userinfo={"name": {"essential": True}, "email": None})
    tokens = party.sign_in(signed_in, scope="openid", claims=wish)
    assert personal(party.userinfo(tokens)) == {"email"}


@pytest.mark.spec("OIDCC-5.5.1")
@pytest.mark.parametrize(
    ("wish", "returned"),
    [
        ({"value": "Test Account"}, True),
        ({"values": ["x", "Test Account"]}, True),
        ({"value": "Somebody Else"}, False),
        ({"essential": True, "value": "Somebody Else"}, False),
        ({"values": ["x", 1, None, {}]}, False),
    ],
)
def test_a_claim_asked_for_with_another_value_is_not_returned(
    relying_party: RelyingParty, signed_in: Browser, wish: dict[str, Any], returned: bool
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid", claims=ask(userinfo={"name": wish}))
    assert ("name" in relying_party.userinfo(tokens)) == returned


@pytest.mark.spec("OIDCC-5.5.1")
def test_true_is_not_one(relying_party: RelyingParty, signed_in: Browser) -> None:
    for value, returned in ((1, False), (True, True)):
        wish = ask(userinfo={"email_verified": {"value": value}})
        tokens = relying_party.sign_in(signed_in, scope="openid", claims=wish)
        assert ("email_verified" in relying_party.userinfo(tokens)) == returned


@pytest.mark.spec("OIDCC-5.3.2")
def test_a_claim_without_a_value_is_left_out(
    relying_party: RelyingParty, user_agent: Browser, make_account: Callable[..., Account]
) -> None:
    make_account("bare", claims={}, email=None)
    wish = ask(userinfo={"email": {"essential": True}, "name": None}, id_token={"address": None})
    tokens = relying_party.sign_in(user_agent, username="bare", scope="openid", claims=wish)
    assert set(relying_party.userinfo(tokens)) == {"sub"}
    assert personal(tokens.claims) == set()


@pytest.mark.spec("OIDCC-5.5")
@pytest.mark.parametrize(
    "value",
    [
        "not json", "[]", "null", "1", '"userinfo"', "{", '{"userinfo":[]}',
        '{"id_token":{"name":1}}', '{"id_token":{"name":[]}}',
        '{"userinfo":{"name":{"essential":"yes"}}}', '{"userinfo":{"name":{"values":"x"}}}',
        '{"userinfo":{"name":{"value":' + "[" * 50 + "]" * 50 + "}}}",
        "[" * 2000, '{"a":' * 300 + "1" + "}" * 300, '{"userinfo":{"name":NaN}}',
        ask(userinfo={str(number): None for number in range(101)}),
        ask(userinfo={"name": {"values": list(range(21))}}),
        ask(userinfo={"name": {"value": "x" * 4096}}),
        ask(id_token={"sub": {"value": 1}}), ask(id_token={"sub": {"values": ["a", "b"]}}),
        ask(id_token={"sub": {"value": "a"}}, userinfo={"sub": {"value": "b"}}),
    ],
)  # fmt: skip
def test_a_malformed_request_is_refused(
    relying_party: RelyingParty, signed_in: Browser, value: str
) -> None:
    assert relying_party.refused(signed_in, claims=value).error == "invalid_request"


@pytest.mark.spec("OIDCC-5.5", "OIDCC-5.5.1")
@pytest.mark.parametrize(
    "value",
    [
        '{"userinfo":null}', '{"id_token":null,"userinfo":null}',
        '{"id_token":{"gender":{"values":null}}}',
        '{"id_token":{"gender":{"essential":null,"value":null,"values":null}}}',
    ],
)  # fmt: skip
def test_a_member_that_is_null_reads_as_absent(
    relying_party: RelyingParty, signed_in: Browser, value: str
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid", claims=value)
    assert ("gender" in tokens.claims) is ("gender" in value)


# -- consent -----------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.1.2.4", "OIDCC-5.5")
def test_each_claim_that_no_scope_covers_is_agreed_to_by_name(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    wish = ask(userinfo={"birthdate": None, "email": None}, id_token={"birthdate": None})
    at_consent(signed_in, relying_party, scope="openid email", claims=wish)
    assert signed_in.page.html.count("Your date of birth") == 1
    assert '<p class="what">Your email address' not in signed_in.page.html
    signed_in.allow()
    at_account(signed_in)
    assert "Your date of birth" in signed_in.page.html


@pytest.mark.spec("OIDCC-3.1.2.4", "OIDCC-3.1.2.6")
def test_consent_to_a_claim_is_remembered_and_covers_that_claim_alone(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in, scope="openid", claims=ask(userinfo={"gender": None}))
    for wish, agreed in (("gender", True), ("birthdate", False)):
        sent = {"scope": "openid", "claims": ask(id_token={wish: None}), "prompt": "none"}
        if agreed:
            assert relying_party.sign_in(signed_in, **sent).claims[wish]
        else:
            assert relying_party.refused(signed_in, **sent).error == "consent_required"


@pytest.mark.spec("OIDCC-3.1.2.4")
def test_a_claim_that_a_scope_covers_needs_no_consent_of_its_own(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in, scope="openid profile")
    wish = ask(id_token={"birthdate": None})
    tokens = relying_party.sign_in(signed_in, scope="openid profile", claims=wish, prompt="none")
    assert personal(tokens.claims) == {"birthdate"}


# -- sub, auth_time, acr -----------------------------------------------------


@pytest.mark.spec("OIDCC-5.5.1", "OIDCC-3.1.2.2")
@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_a_sub_of_the_person_signed_in_changes_nothing(
    relying_party: RelyingParty, signed_in: Browser, member: str
) -> None:
    sub = relying_party.sign_in(signed_in).claims["sub"]
    wish = ask(**{member: {"sub": {"value": sub}}})
    assert relying_party.sign_in(signed_in, claims=wish, prompt="none").claims["sub"] == sub


@pytest.mark.spec("OIDCC-5.5.1", "OIDCC-3.1.2.2")
@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_a_sub_of_somebody_else_never_gets_this_persons_tokens(
    relying_party: RelyingParty, signed_in: Browser, member: str
) -> None:
    relying_party.sign_in(signed_in)
    wish = ask(**{member: {"sub": {"value": "somebody-else"}}})
    refused = relying_party.refused(signed_in, claims=wish, prompt="none")
    assert refused.error == "login_required"
    attempt = relying_party.start(claims=wish)
    signed_in.come(attempt.url)
    assert signed_in.at == "login"
    signed_in.sign_in("tester", PASSWORD)
    with pytest.raises(Refused, match="login_required"):
        relying_party.receive(attempt, signed_in.left)


@pytest.mark.spec("OIDCC-5.5.1", "OIDCC-3.1.2.1")
def test_a_sub_and_a_hint_that_differ_are_refused(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    hint = relying_party.sign_in(signed_in).id_token
    wish = ask(id_token={"sub": {"value": "somebody-else"}})
    refused = relying_party.refused(signed_in, claims=wish, id_token_hint=hint)
    assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCC-5.5.1", "OIDCC-2")
def test_an_essential_auth_time_is_there(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    wish = ask(id_token={"auth_time": {"essential": True}})
    for party in (make_relying_party(), make_relying_party(require_auth_time=True)):
        assert type(party.sign_in(signed_in, claims=wish).claims["auth_time"]) is int


def reached(party: RelyingParty, tokens: Tokens) -> bool:
    return bool([tokens.claims["acr"]] == party.metadata["acr_values_supported"])


@pytest.mark.spec("OIDCC-5.5.1.1", "oidcc-ensure-request-with-acr-values-succeeds")
@pytest.mark.parametrize(
    "sent",
    [
        {"acr_values": "1 2"},
        {"acr_values": "urn:signet:acr:password"},
        {"claims": ask(id_token={"acr": {"values": ["1", "2"]}})},
        {"claims": ask(id_token={"acr": {"value": "1"}})},
        {"claims": ask(id_token={"acr": {"essential": True}})},
        {"claims": ask(id_token={"acr": None})},
        {"claims": ask(id_token={"acr": {"essential": True, "values": [
            "urn:mace:incommon:iap:silver", "urn:signet:acr:password"]}})},
    ],
)  # fmt: skip
def test_the_acr_that_was_reached_is_returned(
    relying_party: RelyingParty, signed_in: Browser, sent: dict[str, str]
) -> None:
    assert reached(relying_party, relying_party.sign_in(signed_in, **sent))


@pytest.mark.spec("OIDCC-5.5.1.1")
def test_default_acr_values_are_a_wish_as_well(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(default_acr_values=("1", "urn:signet:acr:password"))
    assert reached(party, party.sign_in(signed_in))


@pytest.mark.spec("OIDCC-5.5.1.1", "OIDCUAR-2")
@pytest.mark.parametrize("prompt", [None, "none", "login"])
@pytest.mark.parametrize("wish", [{"value": "1"}, {"values": ["1", 2, "URN:SIGNET:ACR:PASSWORD"]}])
def test_an_essential_acr_that_cannot_be_reached_is_an_error(
    relying_party: RelyingParty, signed_in: Browser, prompt: str | None, wish: dict[str, Any]
) -> None:
    sent = ask(id_token={"acr": {"essential": True, **wish}})
    refused = relying_party.refused(signed_in, claims=sent, prompt=prompt)
    assert refused.error == "unmet_authentication_requirements"


# -- the operator's choice ---------------------------------------------------


@pytest.mark.spec("OIDCC-5.4")
def test_scope_claims_are_in_the_id_token_for_a_client_that_is_allowed_it(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(policy={"scope_claims_in_id_token": True})
    tokens = party.sign_in(signed_in, scope="openid email")
    assert personal(tokens.claims) == {"email", "email_verified"}
    assert personal(party.refresh(tokens.refresh_token).claims) == {"email", "email_verified"}
    assert personal(party.userinfo(tokens)) == {"email", "email_verified"}


@pytest.mark.spec("OIDCC-5.4", "oidcc-server", "oidcc-scope-all")
def test_scope_claims_are_in_no_id_token_otherwise(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    tokens = relying_party.sign_in(signed_in, scope="openid profile email address phone")
    assert personal(tokens.claims) == set()
    assert personal(relying_party.userinfo(tokens)) == PERSONAL
