"""`signet client`: what is done with an application that is registered."""

import json

import pytest

from provider.context import Provider
from provider.credentials import client_secret
from provider.store import clients, schema
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet
from tests.cli.test_clients import CALLBACK, added


def test_what_is_printed_of_a_new_application_is_what_is_shown_later(operator: Signet) -> None:
    document = added(operator, *CALLBACK)
    del document["client_secret"]
    shown = json.loads(operator("client", "show", document["client_id"], "--json").output)
    assert document == shown
    assert shown["created_at"] == shown["secrets"][0]["created_at"] > 0


@pytest.mark.parametrize("kind", ["web", "service"])
def test_an_application_that_is_let_in_again_may_do_what_it_did(
    operator: Signet, kind: str
) -> None:
    callback = CALLBACK if kind == "web" else ()
    added(operator, "--type", kind, *callback, "--id", "notes")
    operator("client", "disable", "notes")
    for _ in range(2):
        assert operator("client", "enable", "notes").output == "Notes can use this provider.\n"


def test_two_secrets_live_during_rotation_and_never_three(
    operator: Signet, provider: Provider
) -> None:
    first = added(operator, *CALLBACK, "--id", "notes")["client_secret"]
    second = json.loads(operator("client", "rotate-secret", "notes", "--json").output)
    with transaction(provider.engine) as tx:
        found = clients.find(tx, "notes")
    assert found is not None
    assert all(
        client_secret.is_right(found, value, found.created_at)
        for value in (first, second["client_secret"])
    )
    refused = operator("client", "rotate-secret", "notes")
    assert refused.exit_code == 1
    assert "2 live secrets" in refused.stderr
    third = json.loads(
        operator("client", "rotate-secret", "notes", "--overlap", "0", "--json").output
    )
    with transaction(provider.engine) as tx:
        found = clients.find(tx, "notes")
    assert found is not None
    now = third["old_secret_ends"]
    assert client_secret.is_right(found, third["client_secret"], now)
    assert not client_secret.is_right(found, first, now)
    assert not client_secret.is_right(found, second["client_secret"], now)


def test_a_client_without_a_secret_has_none_to_rotate(operator: Signet) -> None:
    added(operator, "--type", "browser", *CALLBACK, "--id", "notes")
    assert operator("client", "rotate-secret", "notes").exit_code == 1


def test_removing_asks_first_and_leaves_a_trace(operator: Signet, provider: Provider) -> None:
    added(operator, *CALLBACK, "--id", "notes")
    assert operator("client", "remove", "notes", input="n\n").exit_code == 1
    assert operator("client", "show", "notes").exit_code == 0
    assert operator("client", "remove", "notes", "--yes").exit_code == 0
    missing = operator("client", "show", "notes")
    assert missing.exit_code == 1
    assert "no client notes" in missing.stderr
    with transaction(provider.engine) as tx:
        written = tx.execute(schema.event.select()).all()
    assert {row.name for row in written} >= {"client_registered", "client_removed"}
    assert {row.address for row in written} == {"command line"}


def test_a_client_is_switched_off_and_on_and_both_leave_a_trace(
    operator: Signet, provider: Provider
) -> None:
    added(operator, *CALLBACK, "--id", "notes")
    for command, off in (("disable", True), ("enable", False)):
        assert operator("client", command, "notes").exit_code == 0
        shown = json.loads(operator("client", "show", "notes", "--json").output)
        assert (shown["disabled_at"] is not None) is off
    assert operator("client", "disable", "unknown").exit_code == 1
    with transaction(provider.engine) as tx:
        names = {row.name for row in tx.execute(schema.event.select())}
    assert names >= {"client_disabled", "client_enabled"}


def test_the_list_is_empty_at_first_and_says_what_to_do(operator: Signet) -> None:
    assert "signet client add" in operator("client", "list").output
    assert json.loads(operator("client", "list", "--json").output) == []
