"""G7: each decision about access writes one event: who, which client, from where, why;
what was refused as a whole writes none, and nobody can change what is written (ASVS 16.2)."""

from collections import Counter

import pytest

from provider.context import Provider
from provider.model.account import Account
from provider.store import events
from provider.store.events import Event
from provider.store.schema import event as table
from provider.store.unit_of_work import transaction
from tests.support.arrival import PASSWORD, at_account, at_consent, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty


def trail(provider: Provider) -> list[Event]:
    """Return everything that was written down, oldest first."""
    facts = [column for column in table.c if column is not table.c.id]
    with transaction(provider.engine, read_only=True) as tx:
        rows = tx.execute(table.select().with_only_columns(*facts).order_by(table.c.id))
        return [Event(**row._mapping) for row in rows]


@pytest.mark.both_databases
def test_g7_each_decision_is_written_down_once(
    relying_party: RelyingParty, provider: Provider, account: Account, user_agent: Browser
) -> None:
    before = len(trail(provider))
    at_login(user_agent, relying_party)
    user_agent.sign_in("tester", "a wrong password")
    user_agent.sign_in("tester", PASSWORD).deny()
    at_consent(user_agent, relying_party)
    user_agent.allow()
    first, second = relying_party.sign_in(user_agent), relying_party.sign_in(user_agent)
    grant = relying_party.authorize(user_agent)
    relying_party.redeem(grant)
    relying_party.redeem_raw(grant)
    newer = relying_party.refresh(first.refresh_token)
    relying_party.refresh(newer.refresh_token)
    relying_party.refresh_raw(first.refresh_token)
    relying_party.revoke(second.refresh_token)
    at_account(user_agent)
    user_agent.press(relying_party.client_id)
    user_agent.press("sign_out")
    written = trail(provider)[before:]
    counted = Counter(one.name for one in written)
    assert counted == {
        "sign_in_failed": 1, "signed_in_from_new_browser": 1, "consent_denied": 1,
        "consent_granted": 1, "authorization_granted": 4, "authorization_code_replayed": 1,
        "refresh_token_reuse_detected": 1, "authorization_ended": 1, "consent_withdrawn": 1,
        "session_ended": 1,
    }  # fmt: skip
    for one in written:
        assert one.account_id == account.id
        assert one.address in (user_agent.address, "203.0.113.7")
        if one.name.startswith(("consent", "authorization", "refresh")):
            assert one.client_id == relying_party.client_id


def test_g7_what_came_to_nothing_is_not_written_down(
    relying_party: RelyingParty, provider: Provider, signed_in: Browser
) -> None:
    before = trail(provider)
    for wrong in ({"code": "x"}, {"code": None}, {"grant_type": "nope"}):
        relying_party.post("token", {"grant_type": "authorization_code", **wrong})
    relying_party.post("revocation", {"token": "x"})
    relying_party.introspect("x")
    relying_party.refused(signed_in, scope="nope")
    signed_in.come(relying_party.start(redirect_uri="https://evil.example").url)
    assert trail(provider) == before


def test_g7_the_trail_is_only_added_to() -> None:
    """AD-06 as well: what the rest of the code can do with it is this."""
    offered = {name for name in vars(events) if not name.startswith("_")}
    doing = {name for name in offered if getattr(events, name).__class__.__name__ == "function"}
    assert doing - {"field", "dataclass", "insert"} == {"add", "list_for", "newest", "after"}
