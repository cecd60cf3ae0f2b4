"""OpenID Connect Core §3.3: a code, and tokens beside it at once. `receive` of the relying party
holds every response to §3.3.2.5 and §3.3.2.11: its members, the signature, `at_hash`, `c_hash`."""

from collections import Counter

import pytest

from provider.context import Provider
from provider.store import expiry
from provider.store.unit_of_work import transaction
from tests.support import jwt, watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import PASSWORD, SCOPE, front_channel, public
from tests.support.relying_party import RelyingParty, refusal

pytestmark = [pytest.mark.spec("OIDCC-3.3"), pytest.mark.settings(profile="openid")]

HYBRID = ("code id_token", "code token", "code id_token token")
WITH_ID_TOKEN = ("code id_token", "code id_token token")
WITH_TOKEN = ("code token", "code id_token token")


@pytest.fixture
def party(make_relying_party: MakeParty) -> RelyingParty:
    return make_relying_party(**front_channel())


@pytest.mark.spec("OIDCC-3.3.2.5", "OIDCC-3.3.3.3")
@pytest.mark.parametrize("response_type", HYBRID)
def test_a_person_signs_in_and_the_code_is_redeemed(
    party: RelyingParty, user_agent: Browser, account: object, response_type: str
) -> None:
    attempt = party.start(response_type=response_type)
    user_agent.come(attempt.url)
    user_agent.sign_in("tester", PASSWORD).allow()
    grant = party.receive(attempt, user_agent.left)
    assert user_agent.left is not None
    assert "?" not in user_agent.left.url
    tokens = party.redeem(grant)
    assert party.userinfo(tokens)["email"]
    assert party.refresh(tokens.refresh_token).access_token


@pytest.mark.spec("OIDCC-3.3.2.11")
@pytest.mark.parametrize("alg", jwt.ALGORITHMS)
def test_the_id_token_names_code_and_access_token_in_every_algorithm(
    make_relying_party: MakeParty, signed_in: Browser, alg: str
) -> None:
    party = make_relying_party(**front_channel(id_token_signed_response_alg=alg))
    grant = party.authorize(signed_in, response_type="code id_token token")
    assert grant.tokens.claims["c_hash"] == jwt.half_hash(alg, grant.code)
    assert grant.tokens.claims["at_hash"] == jwt.half_hash(alg, grant.tokens.access_token)


@pytest.mark.spec("OIDCC-3.3.3.6", "OIDCC-3.3.3.7")
@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_both_id_tokens_are_about_the_same_sign_in(
    party: RelyingParty, signed_in: Browser, clock: SettableClock, response_type: str
) -> None:
    grant = party.authorize(signed_in, response_type=response_type)
    clock.advance(3)
    first, second = grant.tokens.claims, party.redeem(grant).claims
    for name in ("iss", "sub", "aud", "nonce", "auth_time", "acr", "amr"):
        assert first[name] == second[name]
    assert second["iat"] == first["iat"] + 3
    assert "c_hash" not in second


@pytest.mark.spec("OIDCC-5.4")
@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_nothing_about_the_person_is_in_the_id_token(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    claims = party.authorize(signed_in, response_type=response_type, scope=SCOPE).tokens.claims
    protocol = {"iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "c_hash"}
    assert set(claims) - {"at_hash", "s_hash"} == protocol


@pytest.mark.spec("OIDCC-3.3.2.3")
def test_the_order_of_the_words_means_nothing(party: RelyingParty, signed_in: Browser) -> None:
    grant = party.authorize(signed_in, response_type="token id_token code")
    assert grant.code
    assert grant.tokens.access_token


def test_the_code_and_token_need_no_nonce_and_no_scope_openid(
    party: RelyingParty, signed_in: Browser
) -> None:
    grant = party.authorize(signed_in, response_type="code token", nonce=None, scope="notes:read")
    assert grant.tokens.scope == {"notes:read"}
    assert "id_token" not in party.redeem(grant).body


@pytest.mark.spec("OIDCC-3.3.2.5")
@pytest.mark.parametrize("response_type", HYBRID)
def test_offline_access_comes_with_the_code_alone(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    grant = party.authorize(signed_in, response_type=response_type, scope="openid offline_access")
    assert "refresh_token" not in grant.tokens.body
    assert "offline_access" in party.redeem(grant).scope


# -- refusals ----------------------------------------------------------------


@pytest.mark.spec("OIDCC-3.3.2.11")
@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_without_a_nonce_there_is_no_id_token(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    refused = party.refused(signed_in, response_type=response_type, nonce=None)
    assert refused.error == "invalid_request"


@pytest.mark.spec("OIDCC-3.3.2.6")
@pytest.mark.parametrize("response_type", HYBRID)
@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"prompt": "none"}, "consent_required"),
        ({"prompt": "nope"}, "invalid_request"),
        ({"scope": "nope"}, "invalid_scope"),
        ({"request": "x.y.z"}, "invalid_request_object"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"prompt": ["none", "none"]}, "invalid_request"),
    ],
)
def test_refusals_are_in_the_fragment(
    party: RelyingParty,
    signed_in: Browser,
    response_type: str,
    sent: dict[str, str],
    error: str,
) -> None:
    assert party.refused(signed_in, response_type=response_type, **sent).error == error
    assert signed_in.left is not None
    assert signed_in.left.mode == "fragment"


@pytest.mark.spec("RFC7636-4.4.1", "PK-01")
@pytest.mark.parametrize("response_type", HYBRID)
def test_a_public_client_needs_a_code_challenge(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    grants = ("authorization_code", "implicit", "refresh_token")
    party = make_relying_party(**public(response_types=HYBRID, grant_types=grants))
    sent = {"code_challenge": None, "code_challenge_method": None}
    refused = party.refused(signed_in, response_type=response_type, **sent)
    assert refused.error == "invalid_request"
    grant = party.authorize(signed_in, response_type=response_type)
    refusal(party.redeem_raw(grant, code_verifier=None), "invalid_grant")
    assert party.redeem(grant).access_token


@pytest.mark.spec("OIDCR-2")
@pytest.mark.parametrize("missing", ["authorization_code", "implicit"])
@pytest.mark.parametrize("response_type", HYBRID)
def test_a_client_needs_both_grants(
    make_relying_party: MakeParty, signed_in: Browser, missing: str, response_type: str
) -> None:
    grants = tuple({"authorization_code", "implicit"} - {missing})
    party = make_relying_party(**front_channel(grant_types=grants))
    refused = party.refused(signed_in, response_type=response_type)
    assert refused.error == "unauthorized_client"


# -- the code, again ---------------------------------------------------------


@pytest.mark.spec("RFC9700-4.5", "RFC6749-4.1.2")
@pytest.mark.parametrize("response_type", WITH_TOKEN)
def test_a_replay_of_the_code_ends_the_tokens_of_both_endpoints(
    party: RelyingParty, signed_in: Browser, response_type: str
) -> None:
    grant = party.authorize(signed_in, response_type=response_type)
    tokens = party.redeem(grant)
    assert party.is_accepted(grant.tokens.access_token)
    refusal(party.redeem_raw(grant), "invalid_grant")
    assert not party.is_accepted(grant.tokens.access_token)
    assert not party.is_accepted(tokens.access_token)


@pytest.mark.spec("RFC9700-4.5")
@pytest.mark.both_databases
@pytest.mark.parametrize("response_type", HYBRID)
def test_of_many_parallel_redemptions_one_wins_and_all_tokens_end(
    party: RelyingParty, signed_in: Browser, provider: Provider, response_type: str
) -> None:
    grant = party.authorize(signed_in, response_type=response_type)
    answers = watching.at_once(lambda: party.redeem_raw(grant), 10)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 9}
    (won,) = [answer.json for answer in answers if answer.status == 200]
    ended = [won["access_token"], grant.tokens.body.get("access_token", "none")]
    assert [party.is_accepted(one) for one in ended] == [False, False]
    assert len(watching.events(provider, "authorization_code_replayed")) == 1


def test_the_access_token_lives_on_where_the_code_is_never_redeemed(
    make_relying_party: MakeParty, signed_in: Browser, provider: Provider, clock: SettableClock
) -> None:
    party = make_relying_party(**front_channel(policy={"access_token_lifetime": 7200}))
    grant = party.authorize(signed_in, response_type="code token")
    clock.advance(7199)
    with transaction(provider.engine) as tx:
        expiry.purge(tx, now=clock.now(), limit=100)
    assert party.is_accepted(grant.tokens.access_token)
    refusal(party.redeem_raw(grant), "invalid_grant")
