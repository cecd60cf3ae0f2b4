"""draft-ietf-oauth-status-list-21 §13.1: a list is dropped when it is closed and nothing can
name it any more."""

import pytest

from provider.context import Provider
from provider.housekeeping import keep_house
from provider.model.status import StatusPlace
from provider.status_list.places import NAMED_FOR
from provider.store import status_lists, token_status
from provider.store.unit_of_work import transaction
from tests.specs.status_list.taking import take
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.status_lists import INVALID, ResourceServer, reference_of


@pytest.mark.both_databases
@pytest.mark.spec("TSL-13.1")
@pytest.mark.settings(status_lists={"size": 4}, lifetimes={"refresh_absolute": "20d"})
class TestTheEndOfAList:
    """A list is dropped when it is closed and nothing can name it any more."""

    def test_it_stays_while_an_authorization_names_it(
        self,
        provider: Provider,
        relying_party: RelyingParty,
        signed_in: Browser,
        api: ResourceServer,
        clock: SettableClock,
    ) -> None:
        tokens = relying_party.sign_in(signed_in)
        self._fill(provider)
        clock.advance(NAMED_FOR + 1)
        keep_house(provider, clock.now())
        renewed = relying_party.refresh(tokens.refresh_token)
        relying_party.revoke(renewed.refresh_token)
        clock.advance(1)
        assert api.status_of(renewed.access_token) == INVALID

    def test_it_stays_while_a_client_names_it(
        self,
        provider: Provider,
        relying_party: RelyingParty,
        api: ResourceServer,
        clock: SettableClock,
    ) -> None:
        relying_party.client_credentials()
        self._fill(provider)
        clock.advance(400 * 86400)
        keep_house(provider, clock.now())
        token = relying_party.client_credentials().access_token
        assert reference_of(token)["uri"].endswith("/1")
        relying_party.revoke(token)
        clock.advance(1)
        assert api.status_of(token) == INVALID

    def test_it_stays_while_an_entry_stands_in_it(
        self,
        provider: Provider,
        relying_party: RelyingParty,
        api: ResourceServer,
        clock: SettableClock,
    ) -> None:
        self._fill(provider)
        clock.advance(NAMED_FOR - 60)
        place = StatusPlace(1, 0)
        with transaction(provider.engine) as tx:
            token_status.enter_place(tx, place, status=INVALID, now=clock.now())
        clock.advance(120)
        assert "status_list" not in keep_house(provider, clock.now())

    def test_it_goes_once_nothing_names_it_and_no_process_can_hold_a_block_of_it(
        self,
        provider: Provider,
        relying_party: RelyingParty,
        signed_in: Browser,
        api: ResourceServer,
        clock: SettableClock,
    ) -> None:
        uri = reference_of(relying_party.sign_in(signed_in).access_token)["uri"]
        self._fill(provider)
        clock.advance(60 * 86400)
        while removed := keep_house(provider, clock.now()):
            dropped = removed.get("status_list", 0)
        assert dropped == 1
        assert api.fetch_raw(uri).status == 404
        with transaction(provider.engine) as tx:
            assert list(status_lists.sizes(tx)) == [2]

    def test_the_open_list_stays_however_old_it_is(
        self, provider: Provider, clock: SettableClock
    ) -> None:
        take(provider)
        clock.advance(400 * 86400)
        assert "status_list" not in keep_house(provider, clock.now())
        assert take(provider).number == 1

    def test_a_list_that_was_just_closed_stays(
        self, provider: Provider, clock: SettableClock
    ) -> None:
        self._fill(provider)
        clock.advance(NAMED_FOR - 1)
        assert "status_list" not in keep_house(provider, clock.now())

    def _fill(self, provider: Provider) -> None:
        while take(provider).number == 1:
            pass
