"""FT-13, FT-15: what a server does beside answering holds up no answer: telling clients that
are not there, and removing what has expired."""

import socket
import statistics
import time
from contextlib import closing

import pytest
import sqlalchemy as sa

from provider.http import Request
from provider.logout import ending
from provider.store import logout_deliveries, schema
from provider.store.unit_of_work import transaction
from tests.faults.clients import Refresher, crowd
from tests.faults.deployment import SECONDS, Deployment
from tests.faults.judging import judge

QUICK = 1.0
EXPIRED = 1000


def median(client: Refresher, seconds: float) -> float:
    """Refresh for a while; return how long half of the answers took at most."""
    before, ends = len(client.notes), time.monotonic() + seconds
    while time.monotonic() < ends:
        client.step()
    return statistics.median(note.seconds for note in client.notes[before:])


def refresher(deployment: Deployment) -> Refresher:
    (client,) = crowd(deployment, refreshers=1, exchangers=0)
    assert isinstance(client, Refresher)
    return client


@pytest.mark.spec("FT-13")
@pytest.mark.both_databases
def test_clients_that_can_not_be_told_of_a_logout_hold_up_nobody(deployment: Deployment) -> None:
    """Their server takes the connection and says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as hole:
        place = f"localhost:{hole.getsockname()[1]}"
        node = deployment.add_node(SIGNET_OUTGOING__ALLOW_HOSTS=place)
        node.start()
        client, browser = refresher(deployment), deployment.browser()
        for _ in range(3):
            party = deployment.party(backchannel_logout_uri=f"https://{place}/ended")
            party.sign_in(browser)
        ctx = deployment.provider.open(Request(method="", path=""))
        assert ending.end_sessions(ctx, deployment.account.id) >= 1
        ctx.keep()
        ctx.work.close()
        assert median(client, SECONDS / 2) < QUICK
        with transaction(deployment.provider.engine, read_only=True) as tx:
            pending = logout_deliveries.all_of(tx, None, only_pending=True)
        assert len(pending) == 3
        assert all(one.attempts == 1 for one in pending)
    judge(deployment, [client])


@pytest.mark.spec("FT-15")
@pytest.mark.both_databases
def test_expired_rows_go_a_few_at_a_time_while_people_are_served(deployment: Deployment) -> None:
    now = deployment.provider.clock.now()
    with transaction(deployment.provider.engine) as tx:
        for moment, first in ((now - 10, 0), (now + 10_000, EXPIRED)):
            tx.execute(
                schema.seen_jti.insert(),
                [
                    {"digest": number.to_bytes(32, "big"), "expires_at": moment}
                    for number in range(first, first + EXPIRED)
                ],
            )
    node = deployment.add_node()
    node.start()
    client = refresher(deployment)
    left, deadline = EXPIRED, time.monotonic() + 60
    while left:
        assert time.monotonic() < deadline, f"{left} rows are left"
        assert median(client, 0.5) < QUICK
        with transaction(deployment.provider.engine, read_only=True) as tx:
            expired = sa.select(sa.func.count()).where(schema.seen_jti.c.expires_at <= now)
            left = tx.scalar(expired) or 0
    with transaction(deployment.provider.engine, read_only=True) as tx:
        kept = sa.select(sa.func.count()).select_from(schema.seen_jti)
        assert tx.scalar(kept) == EXPIRED
    judge(deployment, [client])
