"""What an operator may ask for a client, and what is done about clients that were registered with
more: RFC 9700 §2.2.2, §4.14.2."""

import dataclasses
import json
from typing import Any

import pytest

from provider.context import Provider
from provider.model.client import Client, ClientPolicy
from provider.registration.policies import BOUNDS
from provider.store import clients
from provider.store.unit_of_work import transaction
from tests.cli.processes import Signet
from tests.support.arrival import MakeParty
from tests.support.browser import Browser
from tests.support.clock import SettableClock
from tests.support.factories import public
from tests.support.relying_party import refusal

CALLBACK = ("--redirect-uri", "https://notes.example/callback")
NATIVE = ("--type", "native", "--redirect-uri", "http://127.0.0.1/callback")
DAY = 86400


def test_every_policy_that_is_a_number_has_bounds() -> None:
    numbers = {
        field.name for field in dataclasses.fields(ClientPolicy) if field.type == int | None
    }
    assert numbers == set(BOUNDS)


@pytest.mark.spec("RFC9700-4.14.2")
@pytest.mark.parametrize(
    "option", ["--access-token-lifetime", "--refresh-idle", "--refresh-absolute"]
)
@pytest.mark.parametrize("value", ["0", "59", "367d", "99999d", "9" * 30, "9" * 30 + "d"])
def test_a_lifetime_out_of_bounds_is_refused_in_a_sentence(
    operator: Signet, provider: Provider, option: str, value: str
) -> None:
    result = operator("client", "add", "Notes", *CALLBACK, option, value)
    assert result.exit_code != 0
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) <= 4
    with transaction(provider.engine) as tx:
        assert clients.list_all(tx) == []


@pytest.mark.parametrize(
    "options",
    [
        ("--access-token-lifetime", "86401"),
        ("--access-token-lifetime", "9999d"),
        ("--refresh-repeat-window", "301"),
        ("--refresh-repeat-window", "3650d"),
        (*NATIVE, "--no-rotation"),
        (*NATIVE, "--no-rotation", "--refresh-absolute", "30d"),
        ("--type", "browser", "--no-rotation"),
    ],
    ids=" ".join,
)
def test_a_policy_that_makes_stolen_tokens_last_is_refused(
    operator: Signet, options: tuple[str, ...]
) -> None:
    result = operator("client", "add", "Notes", *CALLBACK, *options)
    assert result.exit_code != 0, result.output


@pytest.mark.parametrize(
    "options",
    [
        ("--access-token-lifetime", "1d"),
        ("--access-token-lifetime", "60"),
        ("--refresh-absolute", "366d"),
        ("--refresh-repeat-window", "5m"),
        ("--refresh-repeat-window", "0"),
        ("--no-rotation",),
    ],
    ids=" ".join,
)
def test_a_policy_within_its_bounds_is_taken(operator: Signet, options: tuple[str, ...]) -> None:
    result = operator("client", "add", "Notes", *CALLBACK, *options)
    assert result.exit_code == 0, result.output


@pytest.mark.both_databases
@pytest.mark.parametrize("lifetime", [4 * DAY, 9999 * DAY])
def test_a_token_of_an_older_client_does_not_outlive_what_is_remembered_of_its_end(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock, lifetime: int
) -> None:
    party = make_relying_party(policy={"access_token_lifetime": lifetime})
    tokens = party.sign_in(signed_in)
    assert tokens.body["expires_in"] == DAY
    assert party.client_credentials().body["expires_in"] == DAY
    party.revoke(tokens.access_token)
    clock.advance(DAY + 120)
    assert party.introspect(tokens.access_token) == {"active": False}


@pytest.mark.spec("RFC9700-2.2.2", "RFC9700-4.14.2")
def test_refresh_tokens_of_an_older_public_client_are_rotated_all_the_same(
    make_relying_party: MakeParty, signed_in: Browser, clock: SettableClock
) -> None:
    policy = {"rotate_refresh_tokens": False, "refresh_repeat_window": 3650 * DAY}
    party = make_relying_party(**public(policy=policy))
    first = party.sign_in(signed_in).refresh_token
    second = party.refresh(first).refresh_token
    assert second != first
    clock.advance(301)
    body = refusal(party.refresh_raw(first), "invalid_grant")
    assert str(body["error_uri"]).endswith("reuse_detected")


@pytest.mark.parametrize(
    "policy",
    [
        {"access_token_lifetime": 4 * DAY},
        {"refresh_repeat_window": 3600},
        {"refresh_absolute_lifetime": 5000 * DAY},
    ],
    ids=str,
)
def test_check_names_older_clients_out_of_bounds(
    operator: Signet, provider: Provider, policy: dict[str, Any]
) -> None:
    made = Client(
        client_id="old", client_name="Old", redirect_uris=("https://old.example/cb",),
        policy=ClientPolicy(**policy),
    )  # fmt: skip
    with transaction(provider.engine) as tx:
        clients.add(tx, made, provider.clock.now())
    found = json.loads(operator("check", "--json").output)["findings"]
    (told,) = [one for one in found if one["subject"] == "clients" and one["state"] == "warn"]
    assert told["what"].startswith(f"old: its {next(iter(policy))} is out of bounds")
