"""MX: that an answer is from whom it seems to be, and whole (RFC 9207, RFC 6749 §4.1.2, RFC 9700
§4.4, §4.12)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.arrival import at_consent, at_login
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
MODES = pytest.mark.parametrize("mode", ["query", "form_post"])
ODD_STATES = (
    "&=#%", "a&code=x&iss=https://evil.example", "%26%3D", "+ +", "é€🦀", "\u202eabc", "x" * 2000,
    "\"'><svg onload=alert(1)>", "a\nb", "a\r\nSet-Cookie: x=y", " ", "{}", "0", "null", "?#",
)  # fmt: skip


@MODES
@pytest.mark.parametrize("wrong", [{}, {"scope": "nope"}, {"prompt": "none", "max_age": "0"}])
def test_mx_01_and_02_every_response_names_us_and_echoes_state(
    relying_party: RelyingParty, signed_in: Browser, mode: str, wrong: dict[str, str]
) -> None:
    """`receive` holds every response to one `iss`, the issuer, and one `state`, as it was sent."""
    assert relying_party.metadata["authorization_response_iss_parameter_supported"] is True
    for state in ODD_STATES:
        if wrong:
            relying_party.refused(signed_in, state=state, response_mode=mode, **wrong)
        else:
            assert relying_party.authorize(signed_in, state=state, response_mode=mode).code


@MODES
@quick
@given(state=st.text(min_size=1, max_size=60).filter(lambda text: "\x00" not in text))
def test_mx_02_whatever_state_is_it_comes_back(
    relying_party: RelyingParty, signed_in: Browser, mode: str, state: str
) -> None:
    relying_party.refused(signed_in, state=state, response_mode=mode, scope="nope")


@MODES
def test_mx_03_a_form_is_never_sent_on(
    relying_party: RelyingParty, user_agent: Browser, signed_in: Browser, mode: str
) -> None:
    """Not with its password, nor its answer: the browser of the tests refuses a 307 itself."""
    stranger = Browser(relying_party.app, relying_party.issuer)
    at_login(stranger, relying_party, response_mode=mode)
    stranger.sign_in("tester", "a password for tests")
    at_consent(signed_in, relying_party, response_mode=mode)
    for act in (signed_in.allow, signed_in.deny):
        at_consent(signed_in, relying_party, response_mode=mode, prompt="consent")
        act()
        for answer in signed_in.visited:
            assert answer.status in (200, 303)
            if answer.status == 303:
                assert answer.header("Referrer-Policy") == "no-referrer"
                assert answer.is_no_store


@pytest.mark.parametrize(
    "mode",
    ["fragment", "FRAGMENT", "query ", "web_message", "jwt", "query.jwt", "form_post.jwt", "x"],
)
def test_mx_04_a_code_travels_in_no_other_way(
    relying_party: RelyingParty, signed_in: Browser, mode: str
) -> None:
    assert relying_party.refused(signed_in, response_mode=mode).error == "invalid_request"
    assert signed_in.left is not None
    assert "#" not in signed_in.left.url
