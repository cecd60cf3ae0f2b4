"""draft-ietf-oauth-status-list-21 §13: an authorization that has no place yet gets one, whatever
else happens to it at that moment in another process."""

from concurrent.futures import ThreadPoolExecutor

import flask
import pytest
import sqlalchemy as sa

from provider.context import Provider
from provider.credentials import token_status
from provider.model.account import Account
from provider.model.status import StatusPlace
from provider.status_list.places import LEASE
from provider.store import authorizations, clients, refresh_tokens
from provider.store.unit_of_work import transaction
from tests.specs.status_list.taking import request
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock

PATIENCE = 30
WAITING = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")


@pytest.mark.spec("TSL-13.2")
@pytest.mark.parametrize(
    "database_kind",
    [pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))],
    indirect=True,
)
def test_a_rotation_and_its_repeat_in_another_process_do_not_wait_for_each_other(
    provider: Provider,
    neighbour: flask.Flask,
    make_relying_party: MakeParty,
    signed_in: Browser,
    account: Account,
    clock: SettableClock,
) -> None:
    party = make_relying_party()
    party.sign_in(signed_in, scope="openid offline_access")
    clock.advance(LEASE)  # so that neither process has places in hand
    other, now = neighbour.extensions["signet"], provider.clock.now()
    with transaction(provider.engine) as tx:
        (found,) = authorizations.list_of(
            tx, account_id=account.id, client_id=None, now=now, limit=2
        )
        client, name = clients.find(tx, party.client_id), str(found.id)
        assert found.status is not None
        assert client is not None
        authorizations.leave_place(tx, name, found.status, now=now)
        before = authorizations.find(tx, name)
    assert before is not None

    def repeat() -> StatusPlace | None:
        with request(other) as ctx:
            claims: dict[str, object] = {"status": token_status.claim(ctx, client, before)}
            ctx.keep()
        return token_status.named_in(claims)

    with request(provider) as ctx, ThreadPoolExecutor(1) as pool:
        rotated = refresh_tokens.rotate(
            ctx.tx, name, client,
            generation=0, derivation_kid="another", now=now, idle_lifetime=60,
        )  # fmt: skip
        assert rotated is not None
        repeated = pool.submit(repeat)
        with transaction(other.engine, read_only=True) as tx:
            while not tx.execute(WAITING).scalar():
                assert not repeated.done()
        claims: dict[str, object] = {"status": token_status.claim(ctx, client, rotated)}
        ctx.keep()
        assert repeated.result(PATIENCE) == token_status.named_in(claims)
