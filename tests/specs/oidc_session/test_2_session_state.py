"""OpenID Connect Session Management §2, §3.2: the `session_state` of an authentication response,
and the cookie it is computed from: readable by our frame, another one after every sign-in, gone
with the session, and no way to the session itself."""

from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import pytest

from provider.context import Provider
from provider.model.account import Account
from tests.support import factories, wire
from tests.support.arrival import PASSWORD, MakeParty, another_browser, at_account
from tests.support.browser import Browser, Cookie, origin_of
from tests.support.factories import front_channel
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.settings(profile="openid")

MARK = "signet_browser_state"
LOCAL = "http://localhost:8000"


def told(browser: Browser) -> dict[str, str]:
    """Return what the browser took along to the client."""
    assert browser.left is not None
    return dict(browser.left.parameters)


def state_from(party: RelyingParty, browser: Browser, **changes: str) -> str:
    party.authorize(browser, **changes)
    return told(browser)["session_state"]


def mark_of(browser: Browser) -> Cookie:
    cookie = browser.jar.get(MARK)
    assert cookie is not None
    return cookie


def computed(party: RelyingParty, mark: str, session_state: str, origin: str | None = None) -> str:
    """Compute anew what our frame compares `session_state` with (§3.2)."""
    salt = session_state.partition(".")[2]
    place = origin or origin_of(party.redirect_uri)
    text = f"{party.client_id} {place} {mark} {salt}"
    return f"{sha256(text.encode()).hexdigest()}.{salt}"


@pytest.mark.spec("OIDCSM-2")
@pytest.mark.parametrize("response_type", ["code", "id_token", "code id_token token", "none"])
def test_every_authentication_response_says_the_state_that_the_frame_computes(
    make_relying_party: MakeParty, signed_in: Browser, response_type: str
) -> None:
    party = make_relying_party(**front_channel(response_type))
    found = state_from(party, signed_in, response_type=response_type)
    assert found == computed(party, mark_of(signed_in).value, found)


@pytest.mark.spec("OIDCSM-2")
def test_by_form_post_it_comes_along_too(relying_party: RelyingParty, signed_in: Browser) -> None:
    found = state_from(relying_party, signed_in, response_mode="form_post")
    assert found == computed(relying_party, mark_of(signed_in).value, found)


@pytest.mark.spec("OIDCSM-3.2")
@pytest.mark.parametrize(
    "redirect_uri", ["https://RP.example:443/cb", "https://rp.example:8443/cb"]
)
def test_the_origin_is_the_one_that_browsers_name(
    make_relying_party: MakeParty, signed_in: Browser, redirect_uri: str
) -> None:
    party = make_relying_party(redirect_uris=(redirect_uri,))
    named = redirect_uri.removesuffix("/cb").removesuffix(":443").lower()
    found = state_from(party, signed_in)
    assert found == computed(party, mark_of(signed_in).value, found, named)


@pytest.mark.spec("OIDCSM-2")
def test_a_request_without_openid_hears_nothing_of_the_session(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.authorize(signed_in, scope="notes:read")
    assert "session_state" not in told(signed_in)


@pytest.mark.spec("OIDCSM-2")
def test_a_native_application_has_no_page_that_could_ask(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    party = make_relying_party(
        **factories.public(redirect_uris=("com.example.app:/cb",), application_type="native")
    )
    party.authorize(signed_in)
    assert "session_state" not in told(signed_in)


@pytest.mark.spec("OIDCSM-2")
@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_a_refusal_says_the_state_of_the_session_too(
    relying_party: RelyingParty, signed_in: Browser, mode: str
) -> None:
    refused = relying_party.refused(signed_in, prompt="none", response_mode=mode)
    assert refused.error == "consent_required"
    found = told(signed_in)["session_state"]
    assert found == computed(relying_party, mark_of(signed_in).value, found)


@pytest.mark.spec("OIDCSM-2")
def test_where_nobody_is_signed_in_the_state_is_that_of_nobody(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    assert relying_party.refused(user_agent, prompt="none").error == "login_required"
    found = told(user_agent)["session_state"]
    assert found == computed(relying_party, "", found)
    relying_party.sign_in(user_agent)
    assert found != computed(relying_party, mark_of(user_agent).value, found)


@pytest.mark.spec("OIDCSM-2")
def test_a_person_who_declines_leaves_the_state_as_it_is(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    signed_in.come(relying_party.start().url)
    signed_in.deny()
    assert told(signed_in)["error"] == "access_denied"
    found = told(signed_in)["session_state"]
    assert found == computed(relying_party, mark_of(signed_in).value, found)


@pytest.mark.spec("OIDCSM-2")
def test_a_person_who_does_not_sign_in_is_nobody(
    relying_party: RelyingParty, user_agent: Browser
) -> None:
    user_agent.come(relying_party.start().url)
    user_agent.press("login-cancel")
    assert told(user_agent)["error"] == "access_denied"
    found = told(user_agent)["session_state"]
    assert found == computed(relying_party, "", found)


@pytest.mark.spec("OIDCSM-2")
def test_a_person_who_does_not_sign_in_again_stays_signed_in(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    signed_in.come(relying_party.start(prompt="login").url)
    signed_in.press("login-cancel")
    found = told(signed_in)["session_state"]
    assert found == computed(relying_party, mark_of(signed_in).value, found)


@pytest.mark.spec("OIDCSM-2")
def test_a_request_that_is_wrong_hears_nothing_of_the_session(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    for changes in ({"prompt": "none login"}, {"max_age": "soon"}, {"code_challenge": "short"}):
        assert relying_party.refused(signed_in, **changes).error == "invalid_request"
        assert "session_state" not in told(signed_in)


@pytest.mark.spec("OIDCSM-2")
def test_a_refusal_of_a_request_without_openid_hears_nothing_of_the_session(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    refused = relying_party.refused(signed_in, scope="notes:read", prompt="none")
    assert refused.error == "consent_required"
    assert "session_state" not in told(signed_in)
    signed_in.come(relying_party.start(scope="notes:read").url)
    signed_in.deny()
    assert "session_state" not in told(signed_in)


@pytest.mark.settings(profile="oauth21")
def test_where_it_is_off_there_is_no_state_no_cookie_and_no_frame(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    relying_party.sign_in(user_agent)
    assert "session_state" not in told(user_agent)
    assert user_agent.jar.get(MARK) is None
    stranger = another_browser(user_agent)
    assert relying_party.refused(stranger, prompt="none").error == "login_required"
    assert "session_state" not in told(stranger)
    assert "check_session_iframe" not in relying_party.metadata
    answer = wire.get(relying_party.app, f"{relying_party.issuer}/check-session")
    assert answer.status == 404


@pytest.mark.spec("OIDCSM-3.2")
def test_each_answer_and_each_client_has_a_state_of_its_own(
    make_relying_party: MakeParty, signed_in: Browser
) -> None:
    one, other = make_relying_party(), make_relying_party()
    states = [state_from(party, signed_in) for party in (one, one, other)]
    assert len({state.partition(".")[0] for state in states}) == 3
    assert len({state.partition(".")[2] for state in states}) == 3


@pytest.mark.spec("OIDCSM-3.2")
def test_the_cookie_is_for_frames_in_other_sites_and_for_scripts(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    relying_party.sign_in(user_agent)
    mark = mark_of(user_agent)
    assert (mark.same_site, mark.secure, mark.http_only) == ("none", True, False)
    assert ("op.example", f"__Host-{MARK}") in user_agent.jar.cookies


@pytest.mark.spec("OIDCSM-3.2")
@pytest.mark.settings(profile="openid", issuer=LOCAL)
def test_on_plain_http_the_cookie_is_one_that_browsers_take(
    relying_party: RelyingParty, user_agent: Browser, account: Account
) -> None:
    relying_party.sign_in(user_agent)
    mark = mark_of(user_agent)
    assert (mark.same_site, mark.secure, mark.http_only) == ("lax", False, False)


@pytest.mark.spec("OIDCSM-3.2", "SE-03")
def test_the_cookie_is_neither_the_session_nor_what_we_keep_of_it(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    session = signed_in.jar.get("signet_session")
    assert session is not None
    assert session.http_only
    mark = mark_of(signed_in).value
    assert mark not in (session.value, sha256(session.value.encode()).hexdigest())
    headers = {"Cookie": f"__Host-signet_session={mark}"}
    answer = wire.get(relying_party.app, f"{relying_party.issuer}/account", headers=headers)
    assert answer.status == 303


@pytest.mark.spec("OIDCSM-3.2")
def test_it_stays_as_long_as_the_session_does(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    first = state_from(relying_party, signed_in)
    mark = mark_of(signed_in).value
    relying_party.sign_in(signed_in)
    at_account(signed_in)
    assert mark_of(signed_in).value == mark
    assert first == computed(relying_party, mark, first)


@pytest.mark.spec("OIDCSM-3.2")
def test_signing_in_again_changes_it(relying_party: RelyingParty, signed_in: Browser) -> None:
    first = state_from(relying_party, signed_in)
    signed_in.come(relying_party.start(prompt="login").url)
    signed_in.sign_in("tester", PASSWORD)
    assert first != computed(relying_party, mark_of(signed_in).value, first)


@pytest.mark.spec("OIDCSM-3.2")
def test_signing_out_drops_it(relying_party: RelyingParty, signed_in: Browser) -> None:
    relying_party.sign_in(signed_in)
    at_account(signed_in)
    signed_in.press("sign_out")
    assert signed_in.jar.get(MARK) is None


def signed_out_from_elsewhere(provider: Provider, browser: Browser, account: Account) -> None:
    """End the session of `browser` from another browser of the same person."""
    other = another_browser(browser)
    factories.already_signed_in(provider, other, account)
    at_account(other)
    other.press("end_others")
    assert browser.jar.get(MARK) is not None


@pytest.mark.spec("OIDCSM-3.2")
def test_a_session_ended_elsewhere_is_noticed_when_the_client_asks(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider, account: Account
) -> None:
    relying_party.sign_in(signed_in)
    signed_out_from_elsewhere(provider, signed_in, account)
    assert relying_party.refused(signed_in, prompt="none").error == "login_required"
    assert signed_in.jar.get(MARK) is None
    found = told(signed_in)["session_state"]
    assert found == computed(relying_party, "", found)


@pytest.mark.spec("OIDCSM-3.2")
def test_a_session_ended_elsewhere_is_noticed_at_the_account_page(
    relying_party: RelyingParty, signed_in: Browser, provider: Provider, account: Account
) -> None:
    relying_party.sign_in(signed_in)
    signed_out_from_elsewhere(provider, signed_in, account)
    signed_in.visit(signed_in.issuer + "/account")
    assert signed_in.at == "login"
    assert signed_in.jar.get(MARK) is None


@pytest.mark.spec("OIDCSM-3.2")
def test_a_frame_that_brings_no_session_along_signs_nobody_out(
    relying_party: RelyingParty, signed_in: Browser
) -> None:
    relying_party.sign_in(signed_in)
    headers = {"Cookie": f"__Host-{MARK}={mark_of(signed_in).value}"}
    url = relying_party.start(prompt="none").url
    answer = wire.get(relying_party.app, url, headers=headers)
    parameters = dict(parse_qsl(urlsplit(answer.header("Location") or "").query))
    assert parameters["error"] == "login_required"
    found = parameters["session_state"]
    assert found == computed(relying_party, mark_of(signed_in).value, found)
    assert not any(MARK in cookie for cookie in answer.headers("Set-Cookie"))


@pytest.mark.spec("OIDCSM-3.2")
@pytest.mark.parametrize("planted", ["", "planted", "0" * 64])
def test_a_planted_cookie_is_put_right(
    relying_party: RelyingParty, signed_in: Browser, planted: str
) -> None:
    relying_party.sign_in(signed_in)
    mark = mark_of(signed_in)
    value, mark.value = mark.value, planted
    found = state_from(relying_party, signed_in)
    assert mark_of(signed_in).value == value
    assert found == computed(relying_party, value, found)
