"""RFC 7592 §2.2, §3: a client that manages itself asks for a new secret or registration access
token with the member `signet_rotate`. The old ones work for a stated time more, within which
asking again is answered with the same new ones."""

from typing import Any

import pytest

from provider.context import Provider
from provider.credentials import opaque
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.support.clock import SettableClock
from tests.support.registering import Registrar, at_work, metadata
from tests.support.relying_party import refusal
from tests.support.watching import at_once, events

DAY = 86400
SECRET, TOKEN = "client_secret", "registration_access_token"
pytestmark = [
    pytest.mark.spec("RFC7592-2.2", "RFC7592-3"),
    pytest.mark.settings(profile="openid", registration={"mode": "open"}),
]
CREDENTIALS: dict[str, Any] = {"grant_types": ["authorization_code", "client_credentials"]}


@pytest.fixture
def registered(registrar: Registrar) -> dict[str, Any]:
    return registrar.register(**CREDENTIALS)


def rotate(
    registrar: Registrar, registered: dict[str, Any], *what: str, **changes: Any
) -> dict[str, Any]:
    """Ask for something new, with the credentials of an earlier answer."""
    sent = metadata(client_id=registered["client_id"], **{**CREDENTIALS, **changes})
    answer = registrar.manage("PUT", registered, {**sent, "signet_rotate": list(what)})
    assert answer.status == 200, answer.body
    assert answer.is_no_store
    assert "signet_rotate" not in answer.json
    return answer.json


def works(registrar: Registrar, clock: SettableClock, body: dict[str, Any], secret: str) -> bool:
    """Return whether a secret authenticates the client."""
    party = at_work(registrar, clock, {**body, SECRET: secret})
    answer = party.post("token", {"grant_type": "client_credentials"})
    return answer.status == 200


@pytest.mark.both_databases
def test_a_new_secret_comes_and_the_old_one_works_for_a_day(
    registrar: Registrar, registered: dict[str, Any], clock: SettableClock
) -> None:
    old = registered[SECRET]
    body = rotate(registrar, registered, SECRET)
    new = body[SECRET]
    assert new.startswith("signet_secret_")
    assert (new != old, body["client_secret_expires_at"], body[TOKEN]) == (
        True, 0, registered[TOKEN],
    )  # fmt: skip
    assert works(registrar, clock, registered, new)
    clock.advance(DAY - 1)
    assert works(registrar, clock, registered, old)
    clock.advance(1)
    assert not works(registrar, clock, registered, old)
    assert works(registrar, clock, registered, new)


@pytest.mark.both_databases
def test_a_new_token_comes_and_the_old_one_works_for_a_day(
    registrar: Registrar, registered: dict[str, Any], clock: SettableClock
) -> None:
    body = rotate(registrar, registered, TOKEN)
    assert SECRET not in body
    assert body[TOKEN] != registered[TOKEN]
    assert registrar.manage("GET", body).json[TOKEN] == body[TOKEN]
    clock.advance(DAY - 1)
    assert registrar.manage("GET", registered).status == 200
    clock.advance(1)
    for method in ("GET", "PUT", "DELETE"):
        refusal(registrar.manage(method, registered), "invalid_token")
    assert registrar.manage("DELETE", body).status == 204


def test_a_lost_answer_is_asked_for_again(
    registrar: Registrar, registered: dict[str, Any], clock: SettableClock, provider: Provider
) -> None:
    first = rotate(registrar, registered, SECRET, TOKEN)
    clock.advance(DAY - 1)
    again = rotate(registrar, registered, SECRET, TOKEN, client_secret=registered[SECRET])
    assert (again[SECRET], again[TOKEN]) == (first[SECRET], first[TOKEN])
    clock.advance(1)
    refusal(registrar.manage("GET", registered), "invalid_token")
    assert not works(registrar, clock, registered, registered[SECRET])
    for name in ("client_secret_rotated", "registration_token_rotated"):
        assert len(events(provider, name)) == 1


def test_whoever_reads_with_the_old_token_is_told_the_new_one(
    registrar: Registrar, registered: dict[str, Any]
) -> None:
    new = rotate(registrar, registered, TOKEN)[TOKEN]
    assert registrar.manage("GET", registered).json[TOKEN] == new
    sent = metadata(client_id=registered["client_id"], client_name="Diary")
    assert registrar.manage("PUT", registered, sent).json[TOKEN] == new


def test_a_rotation_follows_a_rotation(
    registrar: Registrar, registered: dict[str, Any], clock: SettableClock
) -> None:
    first = rotate(registrar, registered, TOKEN, SECRET)
    second = rotate(registrar, first, TOKEN, SECRET)
    assert (second[TOKEN] != first[TOKEN], second[SECRET]) == (True, first[SECRET])
    refusal(registrar.manage("GET", registered), "invalid_token")
    clock.advance(DAY)
    third = rotate(registrar, second, SECRET)
    assert third[SECRET] not in (first[SECRET], registered[SECRET])
    assert works(registrar, clock, registered, third[SECRET])
    assert works(registrar, clock, registered, first[SECRET])


@pytest.mark.both_databases
def test_processes_that_ask_at_once_get_the_same(
    registrar: Registrar, registered: dict[str, Any], provider: Provider
) -> None:
    answers = at_once(lambda: rotate(registrar, registered, SECRET, TOKEN), 4)
    assert len({(body[SECRET], body[TOKEN]) for body in answers}) == 1
    with transaction(provider.engine) as tx:
        found = clients.find(tx, registered["client_id"])
    assert found is not None
    assert len(found.secrets) == 2
    assert len(events(provider, "client_secret_rotated")) == 1


def test_a_secret_that_signs_is_rotated_too(registrar: Registrar, clock: SettableClock) -> None:
    signing = {"token_endpoint_auth_method": "client_secret_jwt", **CREDENTIALS}
    registered = registrar.register(**signing)
    new = rotate(registrar, registered, SECRET, **signing)[SECRET]
    assert works(registrar, clock, registered, registered[SECRET])
    assert works(registrar, clock, registered, new)


def test_a_secret_that_a_change_makes_necessary_is_the_new_one(
    registrar: Registrar, registered: dict[str, Any], clock: SettableClock
) -> None:
    changes = {"token_endpoint_auth_method": "client_secret_jwt"}
    body = rotate(registrar, registered, SECRET, **changes)
    assert works(registrar, clock, body, body[SECRET])


@pytest.mark.parametrize(
    "what", ["client_secret", {}, 1, True, ["client_id"], ["client_secret", 1], [["x"]], [None]]
)
def test_what_can_not_be_rotated_is_refused_and_nothing_changes(
    registrar: Registrar, registered: dict[str, Any], what: object
) -> None:
    sent = metadata(client_id=registered["client_id"], client_name="Diary", signet_rotate=what)
    answer = refusal(registrar.manage("PUT", registered, sent), "invalid_client_metadata")
    assert answer["error_description"] == "signet_rotate can not be registered as given."
    assert registrar.manage("GET", registered).json["client_name"] == "Notes"


@pytest.mark.parametrize("what", [None, []])
def test_who_does_not_ask_keeps_what_it_has(
    registrar: Registrar, registered: dict[str, Any], what: object
) -> None:
    sent = metadata(client_id=registered["client_id"], signet_rotate=what)
    body = registrar.manage("PUT", registered, sent).json
    assert (body[TOKEN], SECRET in body) == (registered[TOKEN], False)


def test_a_client_without_a_secret_gets_none(registrar: Registrar) -> None:
    registered = registrar.register(token_endpoint_auth_method="none")
    sent = metadata(client_id=registered["client_id"], token_endpoint_auth_method="none")
    answer = registrar.manage("PUT", registered, {**sent, "signet_rotate": [SECRET]})
    refusal(answer, "invalid_client_metadata")


def test_a_refused_update_rotates_nothing(
    registrar: Registrar, registered: dict[str, Any], provider: Provider
) -> None:
    sent = metadata(client_id=registered["client_id"], scope="openid", subject_type="nonsense")
    answer = registrar.manage("PUT", registered, {**sent, "signet_rotate": [SECRET, TOKEN]})
    refusal(answer, "invalid_client_metadata")
    with transaction(provider.engine) as tx:
        found = clients.find(tx, registered["client_id"])
    assert found is not None
    assert len(found.secrets) == 1
    assert registrar.manage("GET", registered).json[TOKEN] == registered[TOKEN]


def test_a_token_the_operator_replaced_ends_with_the_one_before(
    registrar: Registrar, registered: dict[str, Any], provider: Provider
) -> None:
    second = rotate(registrar, registered, TOKEN)
    with transaction(provider.engine) as tx:
        digest = opaque.digest("from the operator")
        assert clients.set_registration(tx, registered["client_id"], digest)
    for body in (registered, second):
        refusal(registrar.manage("GET", body), "invalid_token")
    assert registrar.manage("GET", registered, token="from the operator").status == 200


def test_the_token_of_another_client_rotates_nothing(
    registrar: Registrar, registered: dict[str, Any]
) -> None:
    other = rotate(registrar, registrar.register(**CREDENTIALS), TOKEN)
    sent = metadata(client_id=registered["client_id"], signet_rotate=[SECRET, TOKEN])
    answer = registrar.manage("PUT", registered, sent, token=other[TOKEN])
    refusal(answer, "invalid_token")
    assert registrar.manage("GET", registered).json[TOKEN] == registered[TOKEN]


@pytest.mark.settings(registration={"mode": "open", "rotation_overlap": "1h"})
def test_the_operator_says_for_how_long_the_old_ones_work(
    registrar: Registrar, registered: dict[str, Any], clock: SettableClock
) -> None:
    rotate(registrar, registered, TOKEN, SECRET)
    clock.advance(3600)
    refusal(registrar.manage("GET", registered), "invalid_token")
    assert not works(registrar, clock, registered, registered[SECRET])
