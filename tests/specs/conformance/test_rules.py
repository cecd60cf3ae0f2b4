"""The rules that are easy to get wrong, by their numbers. Those about destinations, registration
and request objects stand with what they are about."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from provider.context import Provider
from provider.housekeeping import keep_house
from provider.parts import OPENID
from provider.settings import Settings
from provider.store.unit_of_work import transaction
from tests.specs.conformance import baseline
from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.known_metadata import KNOWN
from tests.specs.conformance.plans import EVERY, HYBRID, WITH_CODE, Run
from tests.specs.conformance.suite import CALLBACK, INTERACTION_ERRORS, LONG_STATE, Module, Outcome
from tests.support import jwt, wire
from tests.support.arrival import directives
from tests.support.assertions import accepted, present
from tests.support.page import Page
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty, refusal

CODE = Run("code")
EVERYTHING = "openid profile email address phone"
OFFLINE: dict[str, Any] = {"scope": "openid offline_access", "prompt": "consent"}
ABOUT = {
    "logo_uri": "https://suite.example/logo.png",
    "policy_uri": "https://suite.example/policy",
    "tos_uri": "https://suite.example/tos",
}
RUNS = [Run(kind, mode) for kind in EVERY for mode in (None, "form_post")]


@pytest.fixture
def offline(make_module: MakeModule) -> Module:
    return make_module(CODE, offline=True)


@pytest.fixture
def signing(make_module: MakeModule) -> RelyingParty:
    grants = ("authorization_code", "client_credentials")
    made = make_module(CODE, token_endpoint_auth_method="private_key_jwt", grant_types=grants)
    return made.party


@pytest.mark.parametrize("response_type", [*WITH_CODE, "id_token token"])
def test_a_01_id_tokens_carry_protocol_claims_alone_and_no_sid(
    make_module: MakeModule, response_type: str
) -> None:
    outcome = make_module(Run(response_type)).authorize(scope=EVERYTHING)
    for one in outcome.id_tokens:
        assert set(one.claims) <= baseline.PROTOCOL_CLAIMS - {"sid"}


def test_a_01_with_the_id_token_alone_the_claims_of_the_scope_are_in_it(
    make_module: MakeModule,
) -> None:
    claims = make_module(Run("id_token")).authorize(scope=EVERYTHING).claims
    assert set(claims) - baseline.PROTOCOL_CLAIMS == baseline.claims_of_scope(EVERYTHING)


def test_a_02_the_test_account_has_every_standard_claim_and_none_empty(module: Module) -> None:
    claims = module.userinfo(module.authorize(scope=EVERYTHING))
    assert set(claims) == baseline.claims_of_scope(EVERYTHING) | {"sub"}
    values: list[Any] = [*claims.values(), *claims["address"].values()]
    assert all(value not in ("", None) for value in values)
    assert type(claims["updated_at"]) is int


@pytest.mark.parametrize("asked", ["listed", "1 2", None])
def test_a_03_an_authentication_context_is_listed_and_returned(
    module: Module, asked: str | None
) -> None:
    listed = module.party.metadata["acr_values_supported"]
    assert listed
    values = " ".join(listed) if asked == "listed" else asked
    assert module.authorize(acr_values=values).claims["acr"] in listed


def test_a_04_auth_time_is_the_same_when_asked_silently_and_on_refresh(offline: Module) -> None:
    first = offline.authorize(**OFFLINE)
    offline.clock.advance(100)
    assert offline.silently(prompt="none").claims["auth_time"] == first.claims["auth_time"]
    assert first.redeemed is not None
    refreshed = offline.party.refresh(first.redeemed.refresh_token)
    assert refreshed.claims["auth_time"] == first.claims["auth_time"]


def test_a_04_prompt_login_yields_a_strictly_later_auth_time(module: Module) -> None:
    first = module.authorize()
    module.clock.advance(1)
    second = module.authorize(prompt="login")
    assert second.asked_to_sign_in
    assert second.claims["auth_time"] > first.claims["auth_time"]


@pytest.mark.parametrize(("elapsed", "asked"), [(9, False), (10, False), (11, True)])
def test_a_04_max_age_compares_whole_seconds(module: Module, elapsed: int, asked: bool) -> None:
    module.authorize()
    module.clock.advance(elapsed)
    assert module.authorize(max_age="10").asked_to_sign_in == asked


def test_a_05_a_refreshed_id_token_is_newer_about_the_same_sign_in(offline: Module) -> None:
    first = offline.authorize(**OFFLINE).redeemed
    assert first is not None
    offline.clock.advance(1)
    second = offline.party.refresh(first.refresh_token)
    assert second.claims["iat"] > first.claims["iat"]
    assert second.claims["auth_time"] == first.claims["auth_time"]
    assert ("azp" in second.claims) == ("azp" in first.claims)


@pytest.mark.parametrize("later", [0, 30, 599])
def test_a_06_a_replayed_code_ends_all_tokens_of_the_grant(offline: Module, later: int) -> None:
    outcome = offline.authorize(**OFFLINE)
    assert outcome.redeemed is not None
    offline.clock.advance(later)
    assert offline.party.is_accepted(outcome.access_token)
    refusal(offline.party.redeem_raw(outcome.grant), "invalid_grant", 400)
    refusal(offline.party.userinfo_raw(outcome.access_token), "invalid_token")
    refusal(offline.party.refresh_raw(outcome.redeemed.refresh_token), "invalid_grant", 400)


def test_a_06_a_spent_code_is_remembered_for_longer_than_ten_minutes(
    offline: Module, provider: Provider
) -> None:
    outcome = offline.authorize(**OFFLINE)
    assert outcome.redeemed is not None
    keep_house(provider, offline.clock.advance(660))
    refusal(offline.party.redeem_raw(outcome.grant), "invalid_grant", 400)
    refusal(offline.party.refresh_raw(outcome.redeemed.refresh_token), "invalid_grant", 400)


HOSTILE = 'x"\\\r\n\té한'


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "unknown"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": HOSTILE}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": HOSTILE}, "unauthorized_client"),
        ({"grant_type": "unheard-of"}, "unsupported_grant_type"),
        ({"grant_type": HOSTILE}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_a_07_token_endpoint_errors(module: Module, fields: dict[str, str], error: str) -> None:
    wanted = {"redirect_uri": CALLBACK if "code" in fields else None, **fields}
    refusal(module.party.post("token", wanted), error, 400)


@pytest.mark.parametrize("client_id", ["unknown", HOSTILE, ""])
def test_a_07_only_a_client_that_is_not_believed_is_told_401(
    module: Module, client_id: str
) -> None:
    fields = {"grant_type": "authorization_code", "code": "x", "client_secret": "wrong"}
    refusal(module.party.post_raw("token", {**fields, "client_id": client_id}), "invalid_client")


@pytest.mark.parametrize("response_type", ["id_token token", *HYBRID, "code"])
def test_a_08_expires_in_is_always_there(make_module: MakeModule, response_type: str) -> None:
    outcome = make_module(Run(response_type)).authorize()
    for one in (outcome.front, outcome.redeemed):
        if one and "access_token" in one.body:
            assert type(one.body["expires_in"]) is int
            assert 0 < one.body["expires_in"] <= 366 * 86400


def test_a_09_userinfo_opens_by_get_and_by_post_in_both_ways(module: Module) -> None:
    outcome: Outcome = module.authorize(scope="openid email")
    address, app = module.party.endpoint("userinfo"), module.party.app
    headers = {"Authorization": f"bEARER {outcome.access_token}"}
    by_get = module.described(wire.get(app, address, headers=headers), outcome)
    by_post = module.described(wire.send(app, "POST", address, headers=headers), outcome)
    answer = module.party.post_raw("userinfo", {"access_token": outcome.access_token})
    assert by_get == by_post == module.described(answer, outcome)


def test_a_09_a_signed_userinfo_answer_names_issuer_and_audience(make_module: MakeModule) -> None:
    module = make_module(CODE, userinfo_signed_response_alg="RS256")
    assert "RS256" in module.party.metadata["userinfo_signing_alg_values_supported"]
    outcome = module.authorize(scope="openid email")
    answer = module.party.userinfo_raw(outcome.access_token)
    assert answer.content_type == "application/jwt"
    claims = jwt.verified(answer.text, module.party.jwks, algorithms=["RS256"])
    assert claims["iss"] == module.party.issuer
    assert claims["aud"] in (module.party.client_id, [module.party.client_id])
    assert claims["sub"] == outcome.claims["sub"]
    assert "nonce" not in claims


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://suite.example/other"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": CALLBACK.upper()},
        {"redirect_uri": None},
        {"client_id": "unknown"},
        {"client_id": None},
    ],
    ids=str,
)
def test_a_10_before_the_redirect_uri_is_proven_errors_are_a_page(
    module: Module, changes: dict[str, str | None]
) -> None:
    texts = set()
    for _ in range(2):
        assert module.stopped(**changes) in ("invalid_request", "invalid_client")
        texts.add(module.browser.page.text_of("error-description"))
    assert len(texts) == 1


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_a_10_afterwards_they_go_back_with_state_and_issuer_alone(module: Module) -> None:
    refused = module.refused(prompt="none login", state=LONG_STATE)
    assert refused.error == "invalid_request"
    assert set(refused.parameters) <= {"error", "error_description", "state", "iss"}


def test_a_15_unsigned_id_tokens_are_offered_for_certification(
    relying_party: RelyingParty,
) -> None:
    assert "none" in relying_party.metadata["id_token_signing_alg_values_supported"]


@pytest.mark.settings(profile="openid")
def test_a_15_and_nowhere_else(relying_party: RelyingParty) -> None:
    assert "none" not in relying_party.metadata["id_token_signing_alg_values_supported"]


def test_a_16_a_rotation_publishes_a_new_key_and_keeps_the_old_one(
    module: Module, provider: Provider
) -> None:
    first = module.authorize()
    with transaction(provider.engine) as tx:
        made = provider.keyring.rotate(tx, module.clock.now(), "RS256", immediately=True)
    module.clock.advance(60)
    second = module.silently(prompt="none", id_token_hint=first.id_token)
    assert jwt.header_of(second.id_token)["kid"] in {key.kid for key in made}
    assert jwt.verified(first.id_token, module.party.jwks)["sub"] == second.claims["sub"]


@pytest.mark.parametrize("array", [False, True])
@pytest.mark.parametrize("path", ["", "/token"])
def test_a_18_issuer_and_token_endpoint_are_audiences_of_client_assertions(
    signing: RelyingParty, path: str, array: bool
) -> None:
    audience = signing.issuer + path
    assertion = signing.assertion(aud=[audience] if array else audience)
    assert accepted(present(signing, assertion))


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({"iat": 10, "nbf": 10}, True),
        ({"nbf": 61}, False),
        ({"iat": 61}, False),
        ({"sub": "somebody"}, False),
        ({"iss": "somebody"}, False),
    ],
    ids=str,
)
def test_a_18_clocks_may_be_a_little_apart_and_nobody_speaks_for_another(
    signing: RelyingParty, changes: dict[str, Any], taken: bool
) -> None:
    now = signing.clock.now()
    claims: dict[str, Any] = {
        name: now + value if isinstance(value, int) else value for name, value in changes.items()
    }
    assert accepted(present(signing, signing.assertion(**claims))) == taken


def test_a_18_client_id_and_single_use_are_enforced(signing: RelyingParty) -> None:
    assertion = signing.assertion()
    assert not accepted(present(signing, assertion, client_id="somebody"))
    assert accepted(present(signing, assertion, client_id=signing.client_id))
    assert not accepted(present(signing, assertion))
    fields = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    refusal(signing.post_raw("token", fields), "invalid_client")


@pytest.mark.parametrize("run", RUNS, ids=str)
def test_a_20_the_issuer_is_named_in_every_response(module: Module) -> None:
    assert module.party.metadata["authorization_response_iss_parameter_supported"] is True
    refused = module.refused(prompt="none")
    assert refused.parameters["iss"] == module.party.issuer
    module.authorize()
    assert module.browser.left is not None
    assert dict(module.browser.left.parameters)["iss"] == module.party.issuer


@pytest.mark.parametrize(
    "profile",
    [pytest.param(name, marks=pytest.mark.settings(profile=name)) for name in OPENID],
)
def test_a_21_metadata_has_known_members_alone(
    relying_party: RelyingParty, settings: Settings, profile: str
) -> None:
    assert settings.profile == profile
    baseline.check_metadata(relying_party.metadata, relying_party.issuer, KNOWN)


def test_a_22_offline_access_is_offered_and_consent_asked_for_is_always_shown(
    offline: Module,
) -> None:
    metadata = offline.party.metadata
    assert "offline_access" in metadata["scopes_supported"]
    assert "refresh_token" in metadata["grant_types_supported"]
    offline.authorize(**OFFLINE)
    attempt = offline.request(**OFFLINE)
    offline.send(attempt)
    assert offline.browser.at == "consent"
    offline.browser.allow()
    assert offline.finish(attempt, asked=False).redeemed is not None


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_23_a_request_posted_by_another_site_leads_to_the_pages(
    module: Module, signed_in: bool
) -> None:
    if signed_in:
        module.authorize()
    attempt = module.request(**({"prompt": "consent"} if signed_in else {}))
    module.browser.come_with(module.party.endpoint("authorization"), attempt.parameters)
    assert [answer.status for answer in module.browser.visited] == [303, 303, 200]
    assert module.browser.at == ("consent" if signed_in else "login")
    module.finish(attempt, asked=module.pass_pages())


@pytest.mark.parametrize("changes", [{}, {"prompt": "none"}], ids=["success", "error"])
def test_a_24_the_page_of_form_post_submits_itself(
    make_module: MakeModule, changes: dict[str, str]
) -> None:
    module = make_module(Run("code", "form_post"))
    module.send(module.request(**changes)).pass_pages()
    answer = module.browser.visited[-1]
    assert answer.status == 200
    assert answer.content_type == "text/html"
    assert answer.is_no_store
    page = Page(answer.url, answer.text)
    ((_, script),) = page.scripts
    assert "onload" in script
    assert ".submit()" in script
    assert not re.search(r"=>|\b(?:let|const|class|await)\b|`", script)
    assert ("error" in page.forms[0].fields) == bool(changes)


def test_a_25_pages_have_addresses_of_their_own(module: Module) -> None:
    module.send(module.request())
    place = re.compile(r"/interaction/[\w-]{43}/(login|consent)")
    assert place.fullmatch(urlsplit(module.browser.url).path)
    module.browser.sign_in("tester", "a password for tests")
    found = place.fullmatch(urlsplit(module.browser.url).path)
    assert found
    assert found[1] == "consent"


def test_a_26_cookies_belong_to_the_host_and_to_one_browser(
    make_module: MakeModule,
) -> None:
    first, second = make_module(CODE), make_module(CODE)
    first.authorize()
    assert {host for host, _ in first.browser.jar.cookies} == {"op.example"}
    assert all(name.startswith("__Host-") for _, name in first.browser.jar.cookies)
    assert second.refused(prompt="none").error in INTERACTION_ERRORS


def test_a_27_logo_policy_and_terms_are_on_both_pages(make_module: MakeModule) -> None:
    module = make_module(CODE, **ABOUT)
    module.send(module.request())
    for page in ("login", "consent"):
        assert module.browser.at == page
        elements = module.browser.page.elements
        assert elements["client-logo"].tag == "img"
        assert elements["client-logo"].attributes["src"] == ABOUT["logo_uri"]
        assert elements["client-policy"].attributes["href"] == ABOUT["policy_uri"]
        assert elements["client-tos"].attributes["href"] == ABOUT["tos_uri"]
        assert module.browser.answer is not None
        assert "https:" in directives(module.browser.answer)["img-src"]
        if page == "login":
            module.browser.sign_in("tester", "a password for tests")
