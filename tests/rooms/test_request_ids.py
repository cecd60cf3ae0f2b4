"""Every line of the log about a request carries one number: the one a trusted proxy gave it,
else one of ours, which is the reference that a person reads on a page."""

import json
from typing import Any

import pytest
import structlog

from provider import logs
from tests.support import wire
from tests.support.relying_party import RelyingParty

GIVEN = "7f3e.proxy_made-THIS"


def refused(
    party: RelyingParty, capsys: pytest.CaptureFixture[str], address: str, given: str
) -> tuple[list[dict[str, Any]], str | None]:
    """Be refused; return the lines about it and the reference in the answer."""
    logs.configure("info", "json")
    answer = wire.post(
        party.app,
        party.endpoint("token"),
        {"grant_type": "client_credentials"},
        headers={"X-Request-ID": given},
        address=address,
    )
    assert answer.status == 401
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines
    return lines, answer.header("Signet-Reference")


@pytest.mark.settings(trusted_proxies=("10.0.0.0/8",))
def test_the_number_of_a_trusted_proxy_is_on_every_line(
    relying_party: RelyingParty, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, reference = refused(relying_party, capsys, "10.0.0.1", GIVEN)
    assert {line["request_id"] for line in lines} == {GIVEN}
    assert {line["reference"] for line in lines} == {reference}


@pytest.mark.settings(trusted_proxies=("10.0.0.0/8",))
@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("203.0.113.5", GIVEN),
        ("10.0.0.1", ""),
        ("10.0.0.1", "x" * 129),
        ("10.0.0.1", "two words"),
        ("10.0.0.1", 'a","level":"alarm'),
        ("10.0.0.1", "a\u00e9"),
    ],
)
def test_any_other_number_is_replaced_by_ours(
    relying_party: RelyingParty, capsys: pytest.CaptureFixture[str], address: str, given: str
) -> None:
    lines, reference = refused(relying_party, capsys, address, given)
    assert {line["request_id"] for line in lines} == {reference}


def test_without_trusted_proxies_nobody_gives_a_number(
    relying_party: RelyingParty, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, reference = refused(relying_party, capsys, "127.0.0.1", GIVEN)
    assert {line["request_id"] for line in lines} == {reference}


def test_what_others_log_meanwhile_carries_the_number_and_nothing_does_afterwards(
    relying_party: RelyingParty, capsys: pytest.CaptureFixture[str]
) -> None:
    refused(relying_party, capsys, "203.0.113.5", "")
    structlog.get_logger().info("between requests")
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert "request_id" not in line
