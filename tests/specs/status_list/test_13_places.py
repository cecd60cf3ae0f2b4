"""draft-ietf-oauth-status-list-21 §13: every place is given away once, in an order that tells
nothing."""

import subprocess
import sys
from itertools import pairwise
from statistics import mean

import pytest
import sqlalchemy as sa

from provider.ambient import SystemEntropy
from provider.context import Provider
from provider.credentials import token_status as tokens_status
from provider.errors import InvalidGrant
from provider.model.account import Account
from provider.model.status import StatusPlace
from provider.settings import Settings
from provider.status_list.permutation import place_of
from provider.status_list.places import BLOCK, LEASE, Places
from provider.store import status_lists
from provider.store.unit_of_work import transaction
from tests.specs.status_list.taking import request, take
from tests.support import watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.status_lists import reference_of

pytestmark = pytest.mark.spec("TSL-13.2")

SEED = bytes(range(32))


class TestTheOrder:
    """The permutation of one list."""

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 17, 64, 1000, 4096, 4097])
    def test_every_place_comes_once(self, size: int) -> None:
        given = [place_of(counter, SEED, size) for counter in range(size)]
        assert sorted(given) == list(range(size))

    def test_another_list_has_another_order(self) -> None:
        orders = {
            tuple(place_of(counter, seed * 32, 1000) for counter in range(50))
            for seed in (b"a", b"b", b"c")
        }
        assert len(orders) == 3

    def test_neighbours_in_time_are_no_neighbours_in_the_list(self) -> None:
        size = 2**20
        given = [place_of(counter, SEED, size) for counter in range(2000)]
        steps = [abs(one - other) for one, other in pairwise(given)]
        assert min(steps) > 1
        assert size * 0.3 < mean(steps) < size * 0.37  # a third, as for independent places


@pytest.mark.both_databases
def test_one_statement_serves_a_block_of_authorizations(provider: Provider) -> None:
    take(provider)
    with watching.statements(provider) as run:
        places = {take(provider) for _ in range(BLOCK - 1)}
    assert run == []
    assert len(places) == BLOCK - 1
    with watching.statements(provider) as run:
        take(provider)
    assert len(run) == 1


@pytest.mark.both_databases
def test_a_request_that_is_undone_gives_nothing_away_and_loses_nothing(
    provider: Provider,
) -> None:
    kept = [take(provider) for _ in range(BLOCK)]
    undone = {take(provider, keeps=False) for _ in range(3)}
    assert len(undone) == 1  # the next request leases the same block again
    kept += [take(provider) for _ in range(BLOCK)]
    assert len(set(kept)) == 2 * BLOCK
    assert undone <= set(kept)
    with transaction(provider.engine) as tx:
        used = tx.execute(sa.text("SELECT used FROM status_list")).scalar()
    assert used == 2 * BLOCK


@pytest.mark.both_databases
@pytest.mark.settings(status_lists={"size": 40})
def test_threads_of_one_process_never_get_the_same_place(provider: Provider) -> None:
    def several() -> list[StatusPlace]:
        return [take(provider) for _ in range(12)]

    given = [place for places in watching.at_once(several, 8) for place in places]
    assert len(set(given)) == len(given) == 96
    assert all(place.index < 40 for place in given)


@pytest.mark.both_databases
def test_processes_never_get_the_same_place(
    provider: Provider, settings: Settings, tmp_path: object
) -> None:
    code = (
        "import sys; from provider.app import create_provider;"
        "from provider.http import Request; from provider.settings import Settings;"
        "from provider.credentials.token_status import new_place\n"
        f"p = create_provider(Settings(database_url={settings.database_url!r},"
        f" secret_key={settings.secret_key.get_secret_value()!r},"  # type: ignore[union-attr]
        " status_lists={'size': 100}))\n"
        "for _ in range(90):\n"
        "    c = p.open(Request(method='', path='')); s = new_place(c); c.keep(); c.work.close()\n"
        "    print(s.number, s.index)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    given = [
        line
        for one in running
        for line in one.communicate(timeout=60)[0].splitlines()
        if line[:1].isdigit()
    ]
    assert [one.returncode for one in running] == [0, 0]
    assert len(set(given)) == len(given) == 180


@pytest.mark.both_databases
@pytest.mark.settings(status_lists={"size": 8})
def test_a_full_list_is_closed_and_the_next_one_opened(provider: Provider) -> None:
    given = [take(provider) for _ in range(20)]
    assert [place.number for place in given] == [1] * 8 + [2] * 8 + [3] * 4
    for number in (1, 2):
        assert sorted(place.index for place in given if place.number == number) == list(range(8))
    with transaction(provider.engine) as tx:
        rows = tx.execute(sa.text("SELECT number, closed_at FROM status_list ORDER BY 1")).all()
    assert [(row.number, row.closed_at is None) for row in rows] == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip


def test_a_larger_size_is_for_new_lists(provider: Provider) -> None:
    small = Places(provider.settings.status_lists.model_copy(update={"size": 8}), SystemEntropy())
    large = Places(provider.settings.status_lists, SystemEntropy())
    numbers = []
    for places in (small, large):
        with request(provider) as ctx:
            numbers.append(places.take(ctx.tx, ctx.now, ctx.once_kept).number)
            ctx.keep()
    with transaction(provider.engine) as tx:
        assert status_lists.sizes(tx) == {1: 8, 2: 2**20}
    assert numbers == [1, 2]


def test_a_process_gives_up_a_block_that_it_has_had_for_a_day(
    provider: Provider, clock: SettableClock
) -> None:
    take(provider)
    clock.advance(LEASE - 1)
    with watching.statements(provider) as run:
        take(provider)
    assert run == []
    clock.advance(1)
    with watching.statements(provider) as run:
        take(provider)
    assert len(run) == 1


@pytest.mark.both_databases
def test_of_many_first_tokens_of_a_client_all_have_one_place(
    relying_party: RelyingParty,
) -> None:
    tokens = watching.at_once(lambda: relying_party.client_credentials().access_token, 8)
    assert len({reference_of(token)["idx"] for token in tokens}) == 1


@pytest.mark.both_databases
def test_an_account_that_is_locked_at_that_moment_gets_no_new_place(
    provider: Provider, make_relying_party: MakeParty, signed_in: Browser, account: Account
) -> None:
    from provider.store import accounts, authorizations, clients

    party = make_relying_party()
    party.sign_in(signed_in)
    with transaction(provider.engine) as tx:
        (found,) = authorizations.list_of(
            tx, account_id=account.id, client_id=None, now=provider.clock.now(), limit=2
        )
        client = clients.find(tx, party.client_id)
        assert found.status is not None
        assert client is not None
        authorizations.leave_place(tx, str(found.id), found.status, now=provider.clock.now())
        before = authorizations.find(tx, str(found.id))
        accounts.lock(tx, account.id, now=provider.clock.now())
    assert before is not None
    with request(provider) as ctx, pytest.raises(InvalidGrant) as refused:
        tokens_status.claim(ctx, client, before)
    assert refused.value.sub_reason == "account_locked"
