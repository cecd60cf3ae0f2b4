"""CN: what a person agrees to (RFC 6749 §4.1.2.1, RFC 8252 §8.6, OWASP ASVS 10.4.7)."""

import pytest

from tests.specs.security.catalogue.conftest import Nothing
from tests.support.arrival import MakeParty, at_consent
from tests.support.browser import Browser
from tests.support.factories import native
from tests.support.relying_party import RelyingParty


@pytest.mark.parametrize("scope", ["openid", "openid email", "openid email notes:read"])
def test_cn_01_every_wider_request_is_asked_about(
    relying_party: RelyingParty, signed_in: Browser, scope: str
) -> None:
    at_consent(signed_in, relying_party, scope=scope)
    shown = signed_in.page
    assert "rp.example" in shown.text_of("destination")
    assert "Test Application" in shown.text
    signed_in.allow()
    signed_in.come(relying_party.start(scope=scope).url)
    assert signed_in.left is not None
    for wider in (f"{scope} profile", f"{scope} offline_access", f"{scope} notes:write"):
        at_consent(signed_in, relying_party, scope=wider)
        assert relying_party.refused(signed_in, scope=wider, prompt="none").error == (
            "consent_required"
        )


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_cn_02_a_no_is_told_and_leaves_nothing(
    relying_party: RelyingParty, signed_in: Browser, nothing_left: Nothing, mode: str
) -> None:
    with nothing_left():
        attempt = at_consent(signed_in, relying_party, response_mode=mode)
        signed_in.deny()
        assert signed_in.left is not None
        told = dict(signed_in.left.parameters)
        assert told["error"] == "access_denied"
        assert told["state"] == attempt.state
        assert told["iss"] == relying_party.issuer


def test_cn_05_who_cannot_be_told_apart_is_asked_about_each_time(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(**native())
    for uri in ("http://127.0.0.1:5123/cb", "com.example.app:/cb"):
        for _ in range(2):
            at_consent(signed_in, party, redirect_uri=uri)
            signed_in.allow()
        told = party.refused(signed_in, redirect_uri=uri, prompt="none")
        assert told.error == "consent_required"
