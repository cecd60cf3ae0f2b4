"""WA: there are no passkeys (WebAuthn §7)."""

import pytest

from tests.specs.security.catalogue.absence import assert_unknown, assert_unnamed
from tests.support.arrival import at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "webauthn", "passkeys", "passkey", "webauthn/register", "webauthn/authenticate",
    "account/passkeys", ".well-known/webauthn", ".well-known/passkey-endpoints",
)  # fmt: skip


@pytest.mark.parametrize("case", [f"WA-0{number}" for number in range(1, 7)])
def test_wa_01_to_06_there_are_no_passkeys(
    relying_party: RelyingParty, user_agent: Browser, case: str
) -> None:
    assert_unknown(relying_party, ADDRESSES)
    assert_unnamed(relying_party, "webauthn", "passkey", "fido", "phrh")
    at_login(user_agent, relying_party)
    assert "webauthn" not in user_agent.page.html.lower(), case
    assert not user_agent.page.scripts
    answer = user_agent.press("login-submit", username="tester", credential="{}", assertion="{}")
    assert answer.status == 400
