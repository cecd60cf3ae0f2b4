"""draft-ietf-oauth-status-list-21 §9: where all lists are named."""

import pytest

from provider.parts import EVERYWHERE
from provider.settings import Settings
from tests.support import wire
from tests.support.arrival import MakeParty
from tests.support.clock import SettableClock
from tests.support.relying_party import RelyingParty
from tests.support.status_lists import ResourceServer, reference_of

pytestmark = pytest.mark.spec("TSL-9.3")


@pytest.mark.spec("TSL-9.1")
@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(name, marks=pytest.mark.settings(profile=name, test_issuer=True))
        for name in EVERYWHERE
    ],
)
def test_the_metadata_name_it(
    relying_party: RelyingParty, settings: Settings, profile: str
) -> None:
    assert settings.profile == profile
    named = relying_party.metadata["status_list_aggregation_endpoint"]
    assert named == f"{relying_party.issuer}/status-lists"


@pytest.mark.spec("TSL-9.2")
def test_every_list_names_it(api: ResourceServer, relying_party: RelyingParty) -> None:
    uri = reference_of(relying_party.client_credentials().access_token)["uri"]
    named = api.fetch(uri)["status_list"]["aggregation_uri"]
    assert named == relying_party.metadata["status_list_aggregation_endpoint"]


def test_before_the_first_token_there_is_none(api: ResourceServer) -> None:
    assert wire.get(api.app, f"{api.issuer}/status-lists").json == {"status_lists": []}


@pytest.mark.settings(status_lists={"size": 4})
def test_it_names_the_lists_that_tokens_name(
    api: ResourceServer, make_relying_party: MakeParty, clock: SettableClock
) -> None:
    tokens = [make_relying_party().client_credentials().access_token for _ in range(9)]
    clock.advance(1)
    answer = wire.get(api.app, f"{api.issuer}/status-lists")
    named = answer.json["status_lists"]
    assert len(named) == 3
    assert set(named) == {reference_of(token)["uri"] for token in tokens}
    for uri in named:
        assert api.fetch(uri)["sub"] == uri
    assert answer.header("Access-Control-Allow-Origin") == "*"
    again = {"If-None-Match": str(answer.header("ETag"))}
    assert wire.get(api.app, f"{api.issuer}/status-lists", headers=again).status == 304


def test_nobody_can_write_to_it(api: ResourceServer) -> None:
    assert wire.post(api.app, f"{api.issuer}/status-lists", {}).status == 405
