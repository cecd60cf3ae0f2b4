"""OpenID Connect Core §3.2: the ID token, and where asked an access token, straight from the
authorization endpoint. `receive` of the relying party holds every response to §3.2.2.5 and
§3.2.2.9 to §3.2.2.11: its members, the signature, `at_hash` and the nonce."""

from typing import Any

import pytest

from provider.context import Provider
from provider.store import clients, expiry
from provider.store.unit_of_work import transaction
from tests.support import jwt, watching
from tests.support.arrival import MakeParty, at_account
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import API, PASSWORD, SCOPE, front_channel, public
from tests.support.relying_party import RelyingParty

pytestmark = [pytest.mark.spec("OIDCC-3.2"), pytest.mark.settings(profile="openid")]

IMPLICIT = ("id_token", "id_token token")
PROTOCOL = {"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "s_hash"}


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    """A browser application without a code, for which no code challenge is due."""
    return make_relying_party(
        **public(response_types=IMPLICIT, grant_types=("implicit",), use_pkce=False)
    )


@pytest.mark.spec("OIDCC-3.2.2.5", "OIDCC-3.2.2.10")
@pytest.mark.parametrize("response_type", IMPLICIT)
def test_a_person_signs_in_and_the_client_gets_what_it_asked_for(
    party: RelyingParty, user_agent: Browser, account: object, response_type: str
) -> None:
    attempt = party.start(response_type=response_type)
    user_agent.come(attempt.url)
    user_agent.sign_in("tester", PASSWORD).allow()
    grant = party.receive(attempt, user_agent.left)
    assert grant.code == ""
    assert user_agent.left is not None
    assert "?" not in user_agent.left.url


@pytest.mark.spec("OIDCC-3.2.2.9")
@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_the_id_token_names_the_access_token_in_every_algorithm(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(**front_channel(id_token_signed_response_alg=alg))
    tokens = party.authorize(signed_in, response_type="id_token token").tokens
    assert tokens.claims["at_hash"] == jwt.half_hash(alg, tokens.access_token)
    assert jwt.header_of(tokens.id_token)["alg"] == alg


@pytest.mark.spec("OIDCC-3.2.2.1")
def test_the_order_of_the_words_means_nothing(party: RelyingParty, signed_in: Browser) -> None:
    assert party.authorize(signed_in, response_type="token id_token").tokens.access_token


@pytest.mark.spec("OIDCC-5.4")
def test_the_scopes_claims_are_in_an_id_token_that_comes_alone(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**front_channel(asks=SCOPE))
    alone = party.authorize(signed_in, response_type="id_token").tokens.claims
    revealed = party.userinfo(party.sign_in(signed_in))
    assert {name: alone[name] for name in revealed} == revealed
    assert set(alone) == PROTOCOL | set(revealed)
    assert revealed["email"]


@pytest.mark.spec("OIDCC-5.4")
def test_they_are_at_userinfo_where_there_is_an_access_token(
    party: RelyingParty, signed_in: Browser
) -> None:
    tokens = party.authorize(signed_in, response_type="id_token token").tokens
    assert set(tokens.claims) == PROTOCOL | {"at_hash"}
    assert party.userinfo(tokens)["email"]


@pytest.mark.spec("RFC6749-4.2.2")
def test_the_access_token_is_one_like_any_other(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    party = make_relying_party(**front_channel(policy={"access_token_lifetime": 5000}))
    tokens = party.authorize(signed_in, response_type="id_token token", resource=API).tokens
    assert tokens.body["expires_in"] == 5000
    assert "notes:read" not in tokens.scope
    facts = party.introspect(tokens.access_token)
    assert facts["active"]
    assert API in facts["aud"]
    clock.advance(4999)
    assert party.is_accepted(tokens.access_token)
    clock.advance(1)
    assert not party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC6749-4.2.2", "OIDCC-11")
def test_there_is_no_refresh_token_and_no_offline_access(
    party: RelyingParty, signed_in: Browser
) -> None:
    scope = "openid offline_access"
    grant = party.authorize(signed_in, response_type="id_token token", scope=scope)
    assert grant.tokens.scope == {"openid"}


# -- refusals ----------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.2.2.1", "OIDCC-3.2.2.6")
@pytest.mark.parametrize("response_type", IMPLICIT)
@pytest.mark.parametrize("nonce", [None, ""])
def test_without_a_nonce_there_is_no_id_token(
    party: RelyingParty, signed_in: Browser, response_type: str, nonce: str | None
) -> None:
    refused = party.refused(signed_in, response_type=response_type, nonce=nonce)
    assert refused.error == "invalid_request"
    assert signed_in.left is not None
    assert signed_in.left.mode == "fragment"


@pytest.mark.spec("OIDCC-3.1.2.1")
@pytest.mark.parametrize("response_type", IMPLICIT)
def test_without_the_scope_openid_there_is_no_id_token(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    refused = party.refused(signed_in, response_type=response_type, scope="profile")
    assert refused.error == "invalid_scope"


@pytest.mark.spec("OIDCC-3.2.2.6")
@pytest.mark.parametrize("response_type", IMPLICIT)
def test_prompt_none_is_refused_in_the_fragment_without_a_page(
    party: RelyingParty, user_agent: Browser, response_type: str
) -> None:
    refused = party.refused(user_agent, response_type=response_type, prompt="none")
    assert refused.error == "login_required"
    assert user_agent.left is not None
    assert user_agent.left.mode == "fragment"
    assert [answer.status for answer in user_agent.visited] == [303]


@pytest.mark.spec("OIDCC-3.2.2.6")
def test_who_declines_is_sent_back_with_state_and_issuer(
    party: RelyingParty, signed_in: Browser
) -> None:
    attempt = party.start(response_type="id_token", state="x" * 128)
    signed_in.come(attempt.url)
    signed_in.deny()
    assert signed_in.left is not None
    assert signed_in.left.mode == "fragment"
    sent = dict(signed_in.left.parameters)
    assert (sent["error"], sent["state"]) == ("access_denied", "x" * 128)
    assert sent["iss"] == party.issuer


@pytest.mark.spec("OIDCR-2")
@pytest.mark.parametrize(
    "lacking",
    [
        {"response_types": ("code",)},
        {"response_types": ("id_token token",)},
        {"grant_types": ("authorization_code", "refresh_token")},
        public(response_types=("code",)),
    ],
    ids=["response type", "another response type", "grant type", "public"],
)
def test_a_client_that_did_not_register_it_is_refused(
    make_relying_party: MakeParty, signed_in: Browser, lacking: dict[str, Any]
) -> None:
    party = make_relying_party(**front_channel(**lacking))
    refused = party.refused(signed_in, response_type="id_token")
    assert refused.error == "unauthorized_client"


@pytest.mark.spec("RU-08", "RU-09")
@pytest.mark.parametrize("response_type", [*IMPLICIT, "token", "nonsense"])
@pytest.mark.parametrize("scope", ["openid", "profile", None])
def test_a_foreign_redirect_uri_gets_nothing_whatever_else_is_wrong(
    party: RelyingParty, signed_in: Browser, response_type: str, scope: str | None
) -> None:
    foreign = "https://evil.example/cb"
    error = party.stopped(
        signed_in, response_type=response_type, scope=scope, redirect_uri=foreign
    )
    assert error == "invalid_request"


@pytest.mark.spec("RFC9700-2.1.2")
def test_there_is_no_access_token_alone(make_relying_party: MakeParty, signed_in: Browser) -> None:
    party = make_relying_party(**front_channel("token"))
    assert party.refused(signed_in, response_type="token").error == "unsupported_response_type"


# -- what ends it ------------------------------------------------------------


@pytest.mark.spec("RFC9700-4.14.2")
@pytest.mark.parametrize("how", ["revoked", "withdrawn", "signed out", "client disabled"])
def test_an_access_token_ends_with_what_it_came_of(
    party: RelyingParty, signed_in: Browser, provider: Provider, how: str
) -> None:
    tokens = party.authorize(signed_in, response_type="id_token token").tokens
    assert party.is_accepted(tokens.access_token)
    if how == "revoked":
        party.revoke(tokens.access_token)
    elif how == "client disabled":
        with transaction(provider.engine) as tx:
            assert clients.disable(tx, party.client_id, provider.clock.now())
    else:
        at_account(signed_in)
        signed_in.press(party.client_id if how == "withdrawn" else "sign_out")
    assert not party.is_accepted(tokens.access_token)


@pytest.mark.parametrize("response_type", IMPLICIT)
def test_it_leaves_one_row_without_a_code_that_goes_when_it_expires(
    party: RelyingParty,
    signed_in: Browser,
    provider: Provider,
    clock: SettableClock,
    response_type: str,
) -> None:
    party.authorize(signed_in, response_type=response_type)
    assert watching.row_counts(provider)["authorization"] == 1
    assert len(watching.events(provider, "authorization_granted")) == 1
    clock.advance(86400)
    with transaction(provider.engine) as tx:
        expiry.purge(tx, now=clock.now(), limit=100)
    assert watching.row_counts(provider)["authorization"] == 0
