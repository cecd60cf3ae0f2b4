"""`signet logout`: what clients were told, and what they were not."""

import json

from provider.context import Provider
from provider.store import logout_deliveries
from provider.store.logout_deliveries import Delivery
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet
from tests.support import factories

STATES = ("pending", "failing", "delivered", "given up")


def fill(provider: Provider) -> str:
    """Register a client that was told once, and was not told three times."""
    client_id = factories.make_client(provider).client.client_id
    now = provider.clock.now()
    with transaction(provider.engine) as tx:
        for number, state in enumerate(STATES):
            logout_deliveries.add(
                tx,
                Delivery(
                    id=state,
                    client_id=client_id,
                    subject="somebody",
                    sid="a session",
                    reason="session_ended",
                    created_at=now + number,
                    attempts=number,
                    next_attempt_at=now + 60 if state in ("pending", "failing") else None,
                    delivered_at=now if state == "delivered" else None,
                    last_problem="answered 500" if state in ("failing", "given up") else None,
                    expires_at=now + 1000,
                ),
            )
    return client_id


def test_each_delivery_is_shown_with_its_state(operator: Signet, provider: Provider) -> None:
    client_id = fill(provider)
    shown = json.loads(operator("logout", "status", "--json").stdout)
    assert [one["state"] for one in shown] == list(STATES)
    assert {one["client_id"] for one in shown} == {client_id}
    table = operator("logout", "status").stdout
    assert "answered 500" in table
    waiting = json.loads(operator("logout", "status", "--pending", "--json").stdout)
    assert [one["state"] for one in waiting] == ["pending", "failing"]
    assert json.loads(operator("logout", "status", "--client", "x", "--json").stdout) == []


def test_an_empty_outbox_says_so(operator: Signet) -> None:
    assert "nothing" in operator("logout", "status").stdout


def test_what_was_not_told_is_told_now(operator: Signet, provider: Provider) -> None:
    client_id = fill(provider)
    assert operator("logout", "retry", client_id).stdout.startswith("3 ")
    shown = json.loads(operator("logout", "status", "--json").stdout)
    assert [one["state"] for one in shown] == ["pending", "failing", "delivered", "failing"]
    assert operator("logout", "retry", "nobody").stdout.startswith("0 ")
