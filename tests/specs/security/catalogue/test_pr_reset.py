"""PR: passwords are not reset and addresses not changed over the network (ASVS 6.4.3, 7.5.1)."""

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.specs.security.catalogue.absence import assert_unknown, assert_unnamed, buttons
from tests.support import factories
from tests.support.arrival import at_account, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

ADDRESSES = (
    "reset", "forgot", "recover", "verify-email", "verify", "confirm-email",
    "account/email", "account/password", "account/reset", "signup", "password",
)  # fmt: skip


@pytest.mark.parametrize("case", [f"PR-0{number}" for number in range(1, 8) if number != 6])
def test_pr_01_to_07_there_is_no_reset_and_no_change_of_address(
    relying_party: RelyingParty, user_agent: Browser, account: Account, case: str
) -> None:
    """No link that could be used twice, guessed or mailed: an operator sets a new password."""
    assert_unknown(relying_party, ADDRESSES)
    assert_unnamed(relying_party, "reset", "registration_page", "verify")
    at_login(user_agent, relying_party)
    for offered in buttons(user_agent):
        assert not any(word in offered for word in ("forgot", "reset", "recover")), case
    user_agent.sign_in("tester", "a password for tests")
    at_account(user_agent)
    for offered in buttons(user_agent):
        assert not any(word in offered for word in ("email", "password", "verify")), case


def test_pr_06_an_unverified_address_is_called_so_and_links_nothing(
    provider: Provider, relying_party: RelyingParty, user_agent: Browser
) -> None:

    for name, told in (("newcomer", None), ("doubtful", False)):
        claims = {} if told is None else {"email_verified": told}
        factories.make_account(provider, name, email=f"{name}@victim.example", claims=claims)
        browser = Browser(relying_party.app, relying_party.issuer)
        grant = relying_party.authorize(browser, username=name)
        told_about = relying_party.userinfo(relying_party.redeem(grant))
        assert told_about["email"] == f"{name}@victim.example"
        assert told_about.get("email_verified", False) is False
