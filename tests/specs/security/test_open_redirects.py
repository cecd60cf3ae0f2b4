"""No parameter leads a person away: only proven addresses do (RFC 9700 §4.11)."""

import pytest

from provider.model.account import Account
from tests.support import wire
from tests.support.arrival import PASSWORD, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ELSEWHERE = (
    "//evil.example", "/\\evil.example", "https:evil.example", "\thttps://evil.example",
    "%2f%2fevil.example", "https://evil.example", "\\\\evil.example", "https://op.example@evil.example",
)  # fmt: skip
NAMES = ("next", "return_to", "redirect", "redirect_uri", "continue", "url", "target", "why")


@pytest.mark.spec("OR-01", "RFC9700-4.11")
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_signing_in_stays_here_whatever_the_address_says(
    user_agent: Browser, account: Account, elsewhere: str
) -> None:
    query = wire.encode(dict.fromkeys(NAMES, elsewhere))
    user_agent.visit(f"{user_agent.issuer}/account/login?{query}")
    user_agent.sign_in("tester", PASSWORD)
    assert user_agent.left is None
    assert user_agent.url == user_agent.issuer + "/account"


@pytest.mark.spec("OR-01", "RFC9700-4.11")
@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_what_a_form_carries_beside_its_fields_leads_nowhere(
    relying_party: RelyingParty, user_agent: Browser, account: Account, elsewhere: str
) -> None:
    attempt = at_login(user_agent, relying_party)
    more = dict.fromkeys((*NAMES, "client_id", "state"), elsewhere)
    user_agent.press("login-submit", username="tester", password=PASSWORD, **more)
    user_agent.press("consent-allow", **more)
    assert relying_party.receive(attempt, user_agent.left).code


@pytest.mark.spec("OR-01", "RFC9700-4.11")
@pytest.mark.parametrize(
    "path",
    ["//evil.example/account", "/account//", "/x//account", "/\\evil.example", "/account;x"],
)
def test_an_odd_address_is_not_answered_with_a_redirect(
    relying_party: RelyingParty, path: str
) -> None:
    answer = wire.get(relying_party.app, relying_party.issuer + path)
    assert answer.status == 404
    assert answer.header("Location") is None


@pytest.mark.spec("OR-04", "RFC9700-4.11")
def test_signing_out_stays_here_too(signed_in: Browser) -> None:
    query = wire.encode(dict.fromkeys(NAMES, "https://evil.example"))
    signed_in.visit(f"{signed_in.issuer}/logout?{query}")
    signed_in.press("logout-confirm")
    assert signed_in.left is None
    assert signed_in.page.has("logout-success")
