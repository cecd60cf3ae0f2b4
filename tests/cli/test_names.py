"""`signet user subject` and `signet user whois`: names towards clients, there and back."""

import json

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.cli.processes import Signet
from tests.support.factories import make_client

pytestmark = pytest.mark.spec("OIDCC-8.1")


def test_a_name_leads_there_and_back(
    operator: Signet, provider: Provider, account: Account
) -> None:
    client_id = make_client(provider, subject_type="pairwise").client.client_id
    name = operator("user", "subject", "tester", "--client", client_id).output.strip()
    assert name
    assert account.id not in name
    assert operator("user", "whois", name, "--client", client_id).output == "tester\n"
    found = json.loads(operator("user", "whois", name, "--sector", "rp.example", "--json").output)
    assert (found["username"], found["account_id"]) == ("tester", account.id)


def test_every_clients_name_is_listed(
    operator: Signet, provider: Provider, account: Account
) -> None:
    make_client(provider)
    make_client(provider, subject_type="pairwise")
    rows = json.loads(operator("user", "subject", "tester", "--json").output)
    assert [row["subject_type"] for row in rows] == ["public", "pairwise"]
    assert [row["sector"] for row in rows] == [None, "rp.example"]
    assert rows[0]["sub"] == account.id != rows[1]["sub"]
    assert rows[1]["sub"] in operator("user", "subject", "tester").output


def test_a_foreign_name_means_nobody(
    operator: Signet, provider: Provider, account: Account
) -> None:
    client_id = make_client(provider, subject_type="pairwise").client.client_id
    name = operator("user", "subject", "tester", "--client", client_id).output.strip()
    for about in (
        ("--sector", "other.example"),
        ("--client", make_client(provider).client.client_id),
    ):
        result = operator("user", "whois", name, *about)
        assert result.exit_code == 1
        assert result.stderr.startswith("signet: nobody is known as")


@pytest.mark.parametrize(
    "arguments",
    [
        ("whois", "name"),
        ("whois", "name", "--client", "a", "--sector", "b"),
        ("whois", "name", "--client", "nobody"),
        ("subject", "nobody"),
        ("subject", "tester", "--client", "nobody"),
    ],
)
def test_what_can_not_be_asked_is_said(
    operator: Signet, account: Account, arguments: tuple[str, ...]
) -> None:
    result = operator("user", *arguments)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
