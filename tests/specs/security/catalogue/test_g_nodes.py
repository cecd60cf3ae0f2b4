"""G8: every node gives the same verdict (I2 and I7 of the catalogue)."""

import pytest

from provider.model.account import Account
from tests.specs.security.catalogue.conftest import Node
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty


@pytest.mark.both_databases
def test_g8_every_short_lived_thing_works_once_at_either_node(
    relying_party: RelyingParty, user_agent: Browser, account: Account, at_second_node: Node
) -> None:
    """A journey whose every request goes to the other node than the one before."""
    elsewhere = at_second_node(relying_party)
    attempt = relying_party.start()
    nodes = [relying_party.app, elsewhere.app]

    def alternating(environ: object, start_response: object) -> object:
        nodes.reverse()
        return nodes[0](environ, start_response)  # type: ignore[arg-type]

    user_agent._app = alternating  # type: ignore[assignment]
    user_agent.come(attempt.url)
    user_agent.sign_in("tester", "a password for tests").allow()
    tokens = elsewhere.redeem(relying_party.receive(attempt, user_agent.left))
    assert elsewhere.is_accepted(relying_party.refresh(tokens.refresh_token).access_token)
    elsewhere.revoke(tokens.refresh_token)
    assert not relying_party.is_accepted(tokens.access_token)
