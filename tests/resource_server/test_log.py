"""What the developer of an API reads in the log while the issuer is away: that it is, once."""

import logging

import pytest

from provider.resource_server import StatusPolicy
from tests.resource_server.conftest import MakeVerifier
from tests.resource_server.tiny_issuer import TinyIssuer
from tests.support.clock import SettableClock


def test_an_outage_is_told_once_and_its_end_too(
    issuer: TinyIssuer,
    make_verifier: MakeVerifier,
    clock: SettableClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "provider.resource_server")
    verifier = make_verifier(status=StatusPolicy(accept_for=3600))
    token = issuer.token(exp=clock.now() + 9000)
    verifier.verify(token)
    issuer.stop()
    for _ in range(30):
        clock.advance(100)
        verifier.poll()
        assert verifier.verify(token).subject == "alex"
    told = [(one.levelname, one.getMessage().partition(":")[0]) for one in caplog.records]
    assert sorted(told) == [("WARNING", "keys of http"), ("WARNING", "status list http")]
    issuer.restart()
    clock.advance(100)
    verifier.poll()
    assert verifier.verify(token).subject == "alex"
    ended = [one.getMessage() for one in caplog.records if one.levelname == "INFO"]
    assert len(ended) == 2
    assert all(text.endswith("fetched again") for text in ended)
