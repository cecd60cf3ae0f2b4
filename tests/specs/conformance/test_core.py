"""The modules of the plans Basic, Implicit and Hybrid, each in the default response mode and by
form post. What is sent is what certification sends; a warning would be a failure here."""

import json

import pytest

from tests.specs.conformance import baseline
from tests.specs.conformance.conftest import MakeModule
from tests.specs.conformance.plans import Run
from tests.specs.conformance.suite import CALLBACK, INTERACTION_ERRORS, LONG_STATE, Module, Outcome
from tests.support import jwt, wire
from tests.support.page import Page
from tests.support.relying_party import challenge_of, refusal
from tests.support.wire import FORM

VERIFIER = "0123456789-abcdefghijklmnopqrstuvwxyz.ABCDEFGH~_"


def test_oidcc_server(module: Module) -> None:
    outcome = module.authorize()
    for one in (outcome.front, outcome.redeemed):
        if one and "access_token" in one.body:
            assert 0 < one.body["expires_in"] <= 366 * 86400
    if module.run.response_type == "id_token":
        return
    assert module.userinfo(outcome)


def test_oidcc_server_client_secret_post(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, token_endpoint_auth_method="client_secret_post")
    assert module.authorize().redeemed is not None


def test_oidcc_response_type_missing(module: Module) -> None:
    refused = module.refused(response_type=None)
    assert refused.error in ("invalid_request", "unsupported_response_type")


def test_oidcc_idtoken_signature(module: Module) -> None:
    for one in module.authorize().id_tokens:
        header = jwt.header_of(one.id_token)
        assert header["alg"] == "RS256"
        assert header["kid"] in {key["kid"] for key in module.party.jwks["keys"]}


def test_oidcc_userinfo_get(module: Module) -> None:
    outcome = module.authorize()
    headers = {"Authorization": f"Bearer {outcome.access_token}"}
    address = module.party.endpoint("userinfo")
    module.described(wire.get(module.party.app, address, headers=headers), outcome)


def test_oidcc_userinfo_post_header(module: Module) -> None:
    outcome = module.authorize()
    headers = {"Authorization": f"Bearer {outcome.access_token}"}
    address = module.party.endpoint("userinfo")
    module.described(wire.send(module.party.app, "POST", address, headers=headers), outcome)


def test_oidcc_userinfo_post_body(module: Module) -> None:
    outcome = module.authorize()
    answer = module.party.post_raw("userinfo", {"access_token": outcome.access_token})
    module.described(answer, outcome)


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(module: Module) -> None:
    assert "nonce" not in module.authorize(nonce=None).claims


def test_oidcc_ensure_request_without_nonce_fails(module: Module) -> None:
    assert module.refused(nonce=None).error == "invalid_request"


def every_claim_of(module: Module, scope: str) -> None:
    """Check that every standard claim of the scopes comes back, and where."""
    outcome = module.authorize(scope=f"openid {scope}")
    wanted = baseline.claims_of_scope(scope)
    if module.run.response_type == "id_token":
        assert wanted <= set(outcome.claims)
        return
    assert wanted | {"sub"} == set(module.userinfo(outcome))
    for one in outcome.id_tokens:
        assert not wanted & set(one.claims)


def test_oidcc_scope_profile(module: Module) -> None:
    every_claim_of(module, "profile")


def test_oidcc_scope_email(module: Module) -> None:
    every_claim_of(module, "email")


def test_oidcc_scope_address(module: Module) -> None:
    every_claim_of(module, "address")


def test_oidcc_scope_phone(module: Module) -> None:
    every_claim_of(module, "phone")


def test_oidcc_scope_all(module: Module) -> None:
    every_claim_of(module, "profile email address phone")


def test_oidcc_alternate_happy_flow(module: Module) -> None:
    attempt = module.reordered(module.request(scope="email openid"))
    asked = module.send(attempt).pass_pages()
    outcome = module.finish(attempt, asked=asked)
    claims = module.userinfo(outcome)
    assert claims["email"]


def test_oidcc_display_page(module: Module) -> None:
    assert module.authorize(display="page").asked_to_sign_in


def test_oidcc_display_popup(module: Module) -> None:
    assert module.authorize(display="popup").asked_to_sign_in


def second_sign_in(module: Module, first: Outcome, **changes: str) -> Outcome:
    """Send a request that must show the sign-in page to somebody who is signed in."""
    module.clock.advance(2)
    attempt = module.request(**changes)
    module.send(attempt)
    page = module.browser.page
    for element in ("username", "password", "login-submit"):
        assert page.has(element)
    second = module.finish(attempt, asked=module.pass_pages())
    assert second.asked_to_sign_in
    assert second.claims["sub"] == first.claims["sub"]
    assert second.claims["auth_time"] > first.claims["auth_time"]
    assert module.clock.now() - second.claims["auth_time"] <= 60
    return second


def test_oidcc_prompt_login(module: Module) -> None:
    second_sign_in(module, module.authorize(), prompt="login")


def test_oidcc_prompt_none_not_logged_in(module: Module) -> None:
    refused = module.refused(prompt="none", state=LONG_STATE)
    assert refused.error in INTERACTION_ERRORS
    assert refused.parameters["state"] == LONG_STATE


def remembered(module: Module, first: Outcome, **changes: str) -> None:
    """Send a request that must be answered without a page, about the same sign-in."""
    module.clock.advance(1)
    second = module.silently(**changes)
    assert second.claims["sub"] == first.claims["sub"]
    assert second.claims["auth_time"] == first.claims["auth_time"]


def test_oidcc_prompt_none_logged_in(module: Module) -> None:
    remembered(module, module.authorize(), prompt="none", state=LONG_STATE)


def test_oidcc_max_age_1(module: Module) -> None:
    second_sign_in(module, module.authorize(), max_age="1")


def test_oidcc_max_age_10000(module: Module) -> None:
    remembered(module, module.authorize(max_age="15000"), max_age="10000")


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(module: Module) -> None:
    assert module.authorize(extra="foobar").claims


def test_oidcc_id_token_hint(module: Module) -> None:
    first = module.authorize()
    remembered(module, first, prompt="none", id_token_hint=first.id_token, state=LONG_STATE)


def test_oidcc_login_hint(module: Module) -> None:
    assert module.authorize(login_hint="buffy@op.example").claims


def test_oidcc_ui_locales(module: Module) -> None:
    assert module.authorize(ui_locales="se").claims


def test_oidcc_claims_locales(module: Module) -> None:
    assert module.authorize(claims_locales="se").claims


def test_oidcc_ensure_request_with_acr_values_succeeds(module: Module) -> None:
    values = module.party.metadata["acr_values_supported"]
    assert module.authorize(acr_values=" ".join(values)).claims["acr"] in values


def test_oidcc_codereuse(module: Module) -> None:
    outcome = module.authorize()
    refusal(module.party.redeem_raw(outcome.grant), "invalid_grant", 400)


def test_oidcc_codereuse_30seconds(module: Module) -> None:
    outcome = module.authorize()
    assert module.userinfo(outcome)
    module.clock.advance(30)
    refusal(module.party.redeem_raw(outcome.grant), "invalid_grant", 400)
    refusal(module.party.userinfo_raw(outcome.access_token), "invalid_token")


def test_oidcc_ensure_registered_redirect_uri(module: Module) -> None:
    assert module.stopped(redirect_uri=f"{CALLBACK}/unregistered") == "invalid_request"
    assert module.browser.page.text_of("error-description")


def test_oidcc_ensure_post_request_succeeds(module: Module) -> None:
    attempt = module.request()
    module.browser.come_with(module.party.endpoint("authorization"), attempt.parameters)
    module.finish(attempt, asked=module.pass_pages())


def test_oidcc_ensure_request_with_valid_pkce_succeeds(module: Module) -> None:
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    outcome = module.authorize(redeem=False, **challenge)
    assert module.party.redeem(outcome.grant, code_verifier=VERIFIER).id_token


def test_oidcc_refresh_token(make_module: MakeModule, run: Run) -> None:
    module, other = make_module(run, offline=True), make_module(run, offline=True)
    assert "refresh_token" in module.party.metadata["grant_types_supported"]
    assert "offline_access" in module.party.metadata["scopes_supported"]
    outcome = module.authorize(scope="openid email offline_access", prompt="consent")
    assert outcome.redeemed is not None
    first = outcome.redeemed
    assert baseline.entropy_of(first.refresh_token) >= 128
    module.clock.advance(1)
    second = module.party.refresh(first.refresh_token, scope="openid")
    for name in ("iss", "sub", "aud", "auth_time"):
        assert second.claims[name] == first.claims[name]
    assert second.claims.get("azp") == first.claims.get("azp")
    assert second.claims["iat"] > first.claims["iat"]
    assert second.access_token != first.access_token
    newest = second.body.get("refresh_token", first.refresh_token)
    refusal(other.party.refresh_raw(newest), "invalid_grant", 400)


def test_oidcc_idtoken_unsigned(make_module: MakeModule, run: Run) -> None:
    module = make_module(run, id_token_signed_response_alg="none")
    assert "none" in module.party.metadata["id_token_signing_alg_values_supported"]
    attempt = module.request()
    module.send(attempt).pass_pages()
    answer = module.party.redeem_raw(module.receive(attempt))
    assert answer.status == 200
    token = answer.json["id_token"]
    assert jwt.header_of(token)["alg"] == "none"
    assert token.endswith(".")
    claims = jwt.claims_of(token)
    assert claims["iss"] == module.party.issuer
    assert claims["aud"] in (module.party.client_id, [module.party.client_id])
    assert claims["nonce"] == attempt.nonce
    assert module.party.is_accepted(answer.json["access_token"])


def test_oidcc_claims_essential(module: Module) -> None:
    place = "id_token" if module.run.response_type == "id_token" else "userinfo"
    outcome = module.authorize(claims=json.dumps({place: {"name": {"essential": True}}}))
    if place == "id_token":
        assert outcome.claims["name"]
        return
    assert module.userinfo(outcome)["name"]
    assert all("name" not in one.claims for one in outcome.id_tokens)


@pytest.mark.parametrize("changes", [{}, {"prompt": "none"}], ids=["success", "error"])
def test_form_post_answers_in_a_posted_form_and_in_nothing_else(
    make_module: MakeModule, changes: dict[str, str]
) -> None:
    module = make_module(Run("code id_token token", "form_post"))
    attempt = module.request(**changes)
    module.send(attempt).pass_pages()
    left = module.browser.left
    assert left is not None
    assert (left.method, left.url) == ("POST", CALLBACK)
    page = Page(left.url, module.browser.visited[-1].text)
    assert dict(left.parameters) == page.forms[0].fields
    assert 'enctype="' not in page.html or FORM in page.html
