"""draft-ietf-oauth-status-list-21 §6: where an access token says that it stands."""

import pytest

from provider.model.authorization import Authorization
from provider.store import authorizations
from tests.specs.status_list.conftest import Operate
from tests.support import jwt
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.factories import API, front_channel, public
from tests.support.relying_party import RelyingParty
from tests.support.status_lists import VALID, ResourceServer, reference_of

pytestmark = pytest.mark.spec("TSL-6.2")


def test_every_access_token_of_an_authorization_names_the_same_place(
    relying_party: RelyingParty, signed_in: Browser, api: ResourceServer
) -> None:
    tokens = relying_party.sign_in(signed_in)
    place = reference_of(tokens.access_token)
    assert place["uri"] == f"{api.issuer}/status-lists/1"
    for _ in range(3):
        tokens = relying_party.refresh(tokens.refresh_token)
        assert reference_of(tokens.access_token) == place
    assert api.status_of(tokens.access_token) == VALID


def test_two_authorizations_of_one_person_and_client_have_two_places(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    found = [reference_of(relying_party.sign_in(signed_in).access_token) for _ in range(2)]
    assert found[0] != found[1]


def test_the_tokens_a_client_gets_for_itself_share_a_place_of_its_own(
    make_relying_party: MakeParty,
) -> None:
    one, other = make_relying_party(), make_relying_party()
    places = [reference_of(one.client_credentials().access_token) for _ in range(3)]
    assert places[0] == places[1] == places[2]
    assert reference_of(other.client_credentials().access_token) != places[0]


def test_a_public_client_gets_places_too(public_party: RelyingParty, signed_in: Browser) -> None:
    assert reference_of(public_party.sign_in(signed_in).access_token)


@pytest.mark.settings(profile="openid")
def test_a_token_of_the_authorization_endpoint_and_those_of_its_code_share_a_place(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**front_channel())
    grant = party.authorize(signed_in, response_type="code token")
    in_front = reference_of(grant.tokens.access_token)
    assert reference_of(party.redeem(grant).access_token) == in_front


@pytest.mark.settings(profile="openid")
def test_what_can_lead_to_no_access_token_takes_no_place(
    make_relying_party: MakeParty, signed_in: Browser, operate: Operate
) -> None:
    party = make_relying_party(**front_channel())
    party.authorize(signed_in, response_type="id_token")
    found: list[Authorization] = []
    operate(
        lambda ctx: found.extend(
            authorizations.list_of(
                ctx.tx, account_id=None, client_id=party.client_id, now=ctx.now, limit=9
            )
        )
    )
    assert [one.status for one in found] == [None]


def test_an_id_token_names_no_place(relying_party: RelyingParty, signed_in: Browser) -> None:
    assert "status" not in jwt.claims_of(relying_party.sign_in(signed_in).id_token)


def test_introspection_tells_the_place_too(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    token = relying_party.sign_in(signed_in).access_token
    described = relying_party.introspect(token)
    assert described["status"] == {"status_list": reference_of(token)}


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_an_authorization_from_before_there_were_lists_gets_a_place_at_its_next_refresh(
    make_relying_party: MakeParty, signed_in: Browser, operate: Operate, kind: str
) -> None:
    party = make_relying_party(**(public() if kind == "public" else {}))
    tokens = party.sign_in(signed_in)
    before = reference_of(tokens.access_token)
    operate(lambda ctx: ctx.tx.exec_driver_sql('UPDATE "authorization" SET status_list = NULL'))
    tokens = party.refresh(tokens.refresh_token)
    place = reference_of(tokens.access_token)
    assert place != before
    assert reference_of(party.refresh(tokens.refresh_token).access_token) == place


def test_a_tampered_place_is_a_broken_signature(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    token = relying_party.sign_in(signed_in, resource=API).access_token
    other = {"status_list": {"idx": 0, "uri": "https://elsewhere.example/1"}}
    assert relying_party.introspect(jwt.tampered(token, status=other)) == {"active": False}
