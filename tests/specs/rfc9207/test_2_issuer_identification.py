"""RFC 9207 §2, §3: every authorization response says who answers, whatever it says."""

import pytest

from provider.model.account import Account
from tests.support.arrival import PASSWORD, at_consent, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty


def issuers(browser: Browser) -> list[str]:
    assert browser.left is not None
    return [value for name, value in browser.left.parameters if name == "iss"]


@pytest.mark.spec("RFC9207-2", "MX-01")
@pytest.mark.settings(issuer="https://op.example/tenant/one")
@pytest.mark.parametrize("mode", ["query", "form_post"])
@pytest.mark.parametrize("outcome", ["allow", "deny", "cancel", "login_required", "invalid_scope"])
def test_iss_is_the_issuer_exactly_and_once(
    relying_party: RelyingParty, user_agent: Browser, account: Account, outcome: str, mode: str
) -> None:
    if outcome in ("login_required", "invalid_scope"):
        wrong = {"prompt": "none"} if outcome == "login_required" else {"scope": "nope"}
        assert relying_party.refused(user_agent, response_mode=mode, **wrong).error == outcome
    else:
        at_login(user_agent, relying_party, response_mode=mode)
        if outcome == "cancel":
            user_agent.press("login-cancel")
        else:
            user_agent.sign_in("tester", PASSWORD).press(f"consent-{outcome}")
    assert issuers(user_agent) == ["https://op.example/tenant/one"]


@pytest.mark.spec("RFC9207-2")
def test_an_iss_in_the_request_is_not_repeated(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    at_consent(signed_in, relying_party, iss="https://evil.example")
    signed_in.allow()
    assert issuers(signed_in) == ["https://op.example"]


@pytest.mark.spec("RFC9207-3")
def test_discovery_promises_it(relying_party: RelyingParty) -> None:
    assert relying_party.metadata["authorization_response_iss_parameter_supported"] is True
