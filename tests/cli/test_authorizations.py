"""`signet authorization`: what people allowed applications, one by one."""

import json

from provider.context import Provider
from provider.store import token_status
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet
from tests.support import watching
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty, refusal
from tests.support.status_lists import INVALID, reference_of


def listed(operator: Signet, *arguments: str) -> list[dict[str, object]]:
    found = operator("authorization", "list", *arguments, "--json")
    assert found.exit_code == 0, found.output
    return list(json.loads(found.output))


def test_they_are_listed_by_person_and_by_client(
    operator: Signet, make_relying_party: MakeParty, signed_in: Browser
) -> None:
    one, other = make_relying_party(), make_relying_party()
    for party in (one, one, other):
        party.sign_in(signed_in)
    assert len(listed(operator)) == 3
    assert len(listed(operator, "--client", one.client_id)) == 2
    assert len(listed(operator, "--user", "tester")) == 3
    assert listed(operator, "--client", "nobody") == []
    assert "tester" in operator("authorization", "list").output
    assert operator("authorization", "list", "--user", "nobody").exit_code == 1


def test_where_nothing_is_live_it_says_so(operator: Signet) -> None:
    assert "Nobody has allowed anything" in operator("authorization", "list").output


def test_one_is_revoked_and_the_rest_stays(
    operator: Signet,
    relying_party: RelyingParty,
    signed_in: Browser,
    provider: Provider,
) -> None:
    kept = relying_party.sign_in(signed_in)
    before = {str(one["id"]) for one in listed(operator)}
    ended = relying_party.sign_in(signed_in)
    (name,) = {str(one["id"]) for one in listed(operator)} - before
    said = operator("authorization", "revoke", name)
    assert said.exit_code == 0
    assert "within 6 seconds" in said.output
    body = refusal(relying_party.refresh_raw(ended.refresh_token), "invalid_grant")
    assert body["error_uri"].endswith("/errors/revoked_by_administrator")
    assert relying_party.is_accepted(kept.access_token)
    assert relying_party.introspect(ended.access_token) == {"active": False}
    with transaction(provider.engine) as tx:
        entries = token_status.entries(tx, now=0)
    assert entries == {1: {reference_of(ended.access_token)["idx"]: INVALID}}
    assert watching.events(provider, "authorization_ended")[-1].address == "command line"
    again = operator("authorization", "revoke", name)
    assert (again.exit_code, "ended already" in again.output) == (0, True)
    as_json = json.loads(operator("authorization", "revoke", name, "--json").output)
    assert as_json == {"id": name, "ended": False, "refused_within": 6}


def test_an_unknown_one_can_not_be_revoked(operator: Signet) -> None:
    said = operator("authorization", "revoke", "-nothing")
    assert said.exit_code == 1
    assert said.stderr.startswith("signet: there is no authorization -nothing")
